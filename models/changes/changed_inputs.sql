-- Change 2: the parts that are not as they were when the journeys were last
-- built to the end, and what they were then. After a build that stopped behind
-- `journey_events` the parts it found changed count as changed once more: they
-- may be again as they were before it. After one that did not make all that
-- `journey_events` is made from, everything counts as changed.
{% set built_inputs = built_before('built_inputs') %}

with

built as (

    {% if built_inputs is none %}
    select
        input_name,
        input_key,
        fingerprint
    from {{ ref('journey_inputs') }}
    where 1 = 0
    {% else %}
    select
        input_name,
        input_key,
        fingerprint
    from {{ built_inputs }}
    {% endif %}

),

final as (

    select
        present.fingerprint,
        built.fingerprint as previous_fingerprint,
        coalesce(present.input_name, built.input_name) as input_name,
        coalesce(present.input_key, built.input_key) as input_key
    from {{ ref('journey_inputs') }} as present
    full outer join built
        on
            present.input_name = built.input_name
            and present.input_key = built.input_key
    where
        present.fingerprint is null
        or built.fingerprint is null
        or present.fingerprint <> built.fingerprint

    {% if last_build_stopped() and built_before('changed_inputs') is not none %}
    union

    select
        fingerprint,
        previous_fingerprint,
        input_name,
        input_key
    from {{ built_before('changed_inputs') }}
    {% endif %}
    {% if not last_build_was_whole() %}
    union

    select
        null as fingerprint,
        null as previous_fingerprint,
        'whole build' as input_name,
        '(all)' as input_key
    {% endif %}

)

select * from final
