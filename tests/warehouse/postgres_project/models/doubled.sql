select
    number * 2 as number,
    run_id
from {{ ref('counted') }}
