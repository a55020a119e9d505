#!/usr/bin/python3
# SPDX-License-Identifier: PostgreSQL
"""Plans of the same queries in two databases: volume.py FULL COPY FILE [-v] prints how many have the same shape, how many
cost between half and twice as much, and the median of that."""
import json
import statistics
import sys

import psycopg2


def shape(node):
    """What is done, to which relation, by which index; not what it costs."""
    head = [node['Node Type'], node.get('Relation Name'), node.get('Index Name'), node.get('Join Type'), node.get('Strategy')]
    return head, [shape(child) for child in node.get('Plans', [])]


def plans(address, queries):
    found = []
    with psycopg2.connect(address) as connection, connection.cursor() as cursor:
        for query in queries:
            cursor.execute('EXPLAIN (FORMAT JSON) ' + query)
            plan = cursor.fetchone()[0][0]['Plan']
            found.append((shape(plan), plan['Total Cost']))
    return found


def main(full, copy, path, *rest):
    with open(path) as lines:
        queries = [line.strip() for line in lines if not line.startswith('--') and line.strip()]
    there, here = plans(full, queries), plans(copy, queries)
    ratios = [b[1] / a[1] for a, b in zip(there, here)]
    same = [a[0] == b[0] for a, b in zip(there, here)]
    near = sum(0.5 <= ratio <= 2 for ratio in ratios)
    print(f'{sum(same)} of {len(queries)} plans have the same shape, {near} cost between half and twice as much, '
          f'the median is {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})')
    for query, is_same, ratio, a, b in zip(queries, same, ratios, there, here):
        if '-v' in rest and (not is_same or not 0.5 <= ratio <= 2):
            print(f'  {ratio:.2f} {query}\n    {json.dumps(a[0])}\n    {json.dumps(b[0])}')


main(*sys.argv[1:])
