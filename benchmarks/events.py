"""Customers with touches and conversions over 200 days, of which the last comes later."""

DAYS = 200
RAW = """
    create table raw.touches (
        touch_id text, customer_id text, touched_at timestamp, channel text, market text
    );
    create table raw.conversions (
        conversion_id text, customer_id text, converted_at timestamp, revenue decimal(18, 2), market text
    )
"""
#: The last of the days is 0.5 % of the rows.
BEFORE = f"happened_at < timestamp '2025-01-01' + interval '{DAYS - 1} day'"
SINCE = f"not ({BEFORE})"


def history(events: int) -> str:
    """
    Return DuckDB's statements for table `raw.events`.

    Seven in ten events are of customers with about 5, the others of some with about 18. A customer appears on
    some day and comes back after 8 days on average, so who is active on the last day mostly appeared not long
    ago. Rows lie in the order of time, as events arrive.
    """
    return f"""
        create schema raw;
        create table raw.events as
        with customers as (
            select
                i,
                case
                    when i % 10 < 7 then hash(i) % ({events} // 7)
                    else {events} + hash(i) % ({events} // 60)
                end as customer_number
            from range({events}::bigint * ({DAYS} + 40) // {DAYS}) as numbers(i)
        ),
        timed as (
            select
                i,
                customer_number,
                hash(customer_number + 17) % (({DAYS} + 40) * 86400) - 40 * 86400
                + cast(-ln((hash(i + 1000000007) % 1000000 + 1) / 1000001) * 8 * 86400 as bigint) as second
            from customers
        )
        select
            i,
            'c' || customer_number as customer_id,
            timestamp '2025-01-01' + to_seconds(second) as happened_at,
            cast(hash(i + 77) % 100 as integer) as kind,
            case when hash('c' || customer_number) % 2 = 0 then 'Italy' else 'Spain' end as market
        from timed
        where second >= 0 and second < {DAYS} * 86400
        order by second
    """  # noqa: S608


def arrival(arrived: str) -> str:
    """Return statements, for either warehouse, that put events into the raw tables: where `arrived` holds."""
    return f"""
        insert into raw.touches
        select 't' || i, customer_id, happened_at, 'channel ' || cast(floor(sqrt(kind)) as integer), market
        from raw.events where kind < 97 and {arrived};
        insert into raw.conversions
        select 'k' || i, customer_id, happened_at, kind, market
        from raw.events where kind >= 97 and {arrived}
    """  # noqa: S608
