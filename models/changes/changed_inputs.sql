-- Change 2: the parts that are not as they were when the journeys were last
-- built to the end, and what they were then.
{% set built_inputs = built_before('built_inputs') %}

with

built as (

    {% if built_inputs is none %}
    select
        input,
        input_key,
        fingerprint
    from {{ ref('journey_inputs') }}
    where 1 = 0
    {% else %}
    select
        input,
        input_key,
        fingerprint
    from {{ built_inputs }}
    {% endif %}

),

final as (

    select
        coalesce(present.input, built.input) as input,
        coalesce(present.input_key, built.input_key) as input_key,
        present.fingerprint,
        built.fingerprint as previous_fingerprint
    from {{ ref('journey_inputs') }} as present
    full outer join built
        on
            present.input = built.input
            and present.input_key = built.input_key
    where
        present.fingerprint is null
        or built.fingerprint is null
        or present.fingerprint <> built.fingerprint

)

select * from final
