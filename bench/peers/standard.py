"""The jobs as SQL that any engine takes; {t} is the table."""

GROUPS = {
    "q1": "select id1, sum(v1) from {t} group by id1",
    "q2": "select id1, id2, sum(v1) from {t} group by id1, id2",
    "q3": "select id3, sum(v1), avg(v3) from {t} group by id3",
    "q4": "select id4, avg(v1), avg(v2), avg(v3) from {t} group by id4",
    "q5": "select id6, sum(v1), sum(v2), sum(v3) from {t} group by id6",
    "q6": "select id4, id5, median(v3), stddev_samp(v3) from {t} group by id4, id5",
    "q7": "select id3, max(v1) - min(v2) as spread from {t} group by id3",
    "q9": "select id2, id4, power(corr(v1, v2), 2) as r2 from {t} group by id2, id4",
    "q10": "select id1, id2, id3, id4, id5, id6, sum(v3), count(*) from {t} group by id1, id2, id3, id4, id5, id6",
    "brc": "select station, min(t), avg(t), max(t) from {t} group by station",
    "tpch-q1": """
        select l_returnflag, l_linestatus, sum(l_quantity) as sum_qty, sum(l_extendedprice) as sum_base_price,
            sum(l_extendedprice * (1 - l_discount)) as sum_disc_price,
            sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)) as sum_charge,
            avg(l_quantity) as avg_qty, avg(l_extendedprice) as avg_price, avg(l_discount) as avg_disc, count(*) as count_order
        from {t} where l_shipdate <= date '1998-09-02'
        group by l_returnflag, l_linestatus order by l_returnflag, l_linestatus""",
    "wide-user": 'select "user", count(*), sum(bytes) from {t} group by "user"',
    "wide-url": "select url, count(*) from {t} group by url",
}
