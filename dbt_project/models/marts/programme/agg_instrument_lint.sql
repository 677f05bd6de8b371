-- A count that the source does not state is not judged: the flag is null, not false.
select
    questionnaires.survey,
    questionnaires.version,
    questionnaires.question_count,
    questionnaires.open_question_count,
    rules.maximum_questions,
    rules.minimum_open_questions,
    questionnaires.question_count > rules.maximum_questions as is_too_long,
    questionnaires.open_question_count < rules.minimum_open_questions as is_without_open_question
from {{ ref('stg_raw__questionnaires') }} as questionnaires
cross join {{ source('control', 'rules') }} as rules
