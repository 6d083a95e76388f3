import sys
import time


def model(dbt, session):
    sys.stdout.write("the model runs\n")
    sys.stdout.flush()
    while dbt is not None:
        time.sleep(0.01)
    return dbt
