{{ rejected_rows('account_attributes') }}
