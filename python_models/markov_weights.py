def model(dbt, session):
    from conversionflow.pipeline import markov_weights

    return markov_weights(dbt.ref("transition_counts"), dbt.ref("converted_step_sets"))
