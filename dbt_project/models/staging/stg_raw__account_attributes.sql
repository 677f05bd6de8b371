{{ accepted_rows('account_attributes') }}
