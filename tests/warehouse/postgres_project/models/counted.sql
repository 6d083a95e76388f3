{{ config(materialized='table', indexes=[{'columns': ['number']}], grants={'select': ['reader']}) }}

select
    number,
    '{{ invocation_id }}' as run_id
from generate_series(1, 20000) as numbers (number)
