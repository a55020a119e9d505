# SPDX-License-Identifier: PostgreSQL
"""Judge of covering copies: does a copy of a PostgreSQL database show every feature of its source?

list SOURCE           features (value, nulls, flags, children, extreme, boundary, check), one line each,
                      with the number of rows (of children: parents) that have it
judge SOURCE COPY     which of them the copy misses, its rows per table, whether it is closed along foreign
                      keys and its rows are rows of the source; exit status 1 when anything is wrong
greedy SOURCE         rows that a randomised greedy needs: small closed sets that show all features

A copy's row is found in the source by primary key (and must be equal to it), in a table without one by
its whole text.  A partitioned table is one table; equal foreign keys of its partitions are one foreign
key.  A child without parent in the source needs none in the copy.
"""
import argparse
import random
import re
import statistics
import sys
import time
from collections import Counter, defaultdict, namedtuple

import psycopg2

NUMBERS, TEXTS = {"int2", "int4", "int8", "numeric", "float4", "float8"}, {"text", "varchar", "bpchar"}
DAYS = {"date", "timestamp", "timestamptz"}
ORDERED = NUMBERS | DAYS | {"time", "interval"}
SCALARS = ORDERED | TEXTS | {"uuid", "inet"}
ROW = "tableoid::text || ctid::text"

Column = namedtuple("Column", "name expr base nullable free")  # free: in no key
Table = namedtuple("Table", "oid name source columns pk")
Feature = namedtuple("Feature", "label rows")  # rows of children: the parents

SETTINGS = """SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres';
 SET extra_float_digits = 3; SET bytea_output = 'hex'"""
RELATIONS = """SELECT c.oid, CASE WHEN relispartition THEN pg_partition_root(c.oid)::oid ELSE c.oid END,
  format('%I.%I', nspname, relname), CASE relkind WHEN 'r' THEN 'ONLY ' ELSE '' END
  FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind IN ('r', 'p')
   AND relpersistence <> 't' AND nspname <> 'information_schema' AND nspname !~ '^pg_' ORDER BY 3"""
COLUMNS = """SELECT attrelid, quote_ident(attname), atttypid, NOT attnotnull
  FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped ORDER BY attrelid, attnum"""
TYPES = """SELECT t.oid, typtype, typbasetype, CASE nspname WHEN 'pg_catalog' THEN typname END
  FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace"""
KEYS = """WITH k (rel, num) AS (
   SELECT indrelid, u.n FROM pg_index, unnest(indkey::int2[]) WITH ORDINALITY u (n, o)
    WHERE indisunique AND u.o <= indnkeyatts
   UNION SELECT conrelid, unnest(conkey) FROM pg_constraint WHERE contype IN ('f', 'p', 'u')
   UNION SELECT confrelid, unnest(confkey) FROM pg_constraint WHERE contype = 'f')
 SELECT rel, quote_ident(attname) FROM k JOIN pg_attribute ON attrelid = rel AND attnum = num"""
NAMES = """ARRAY(SELECT quote_ident(attname) FROM unnest({key}) WITH ORDINALITY u (n, o)
  JOIN pg_attribute ON attrelid = {rel} AND attnum = n ORDER BY o)::text[]"""
CONSTRAINTS = f"""SELECT contype, conrelid, confrelid, {NAMES.format(key='conkey', rel='conrelid')},
  {NAMES.format(key='confkey', rel='confrelid')}, conname, pg_get_expr(conbin, conrelid) FROM pg_constraint
  WHERE contype IN ('f', 'p', 'c') AND conparentid = 0 AND conrelid <> 0 ORDER BY conrelid, conname"""


def fetch(cursor, query):
    cursor.execute(query)
    return cursor.fetchall()


def connect(uri):
    """A cursor in one snapshot, with settings that make texts comparable."""
    connection = psycopg2.connect(uri)
    connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
    cursor = connection.cursor()
    cursor.execute(SETTINGS)
    return cursor


def base_type(types, oid):
    """Name of the type below domains: 'enum', 'bool', a scalar's, or '' for all others."""
    while types[oid][0] == "d":
        oid = types[oid][1]
    kind, _, name = types[oid]
    return "enum" if kind == "e" else name if name in SCALARS | {"bool"} else ""


def load_tables(cursor):
    """Tables, of each relation its root and how to select from it, and all constraints."""
    types = {row[0]: row[1:] for row in fetch(cursor, TYPES)}
    found, constraints = fetch(cursor, RELATIONS), fetch(cursor, CONSTRAINTS)
    relations = {oid: (root, only + name) for oid, root, name, only in found}
    keys = {(relations[rel][0], name) for rel, name in fetch(cursor, KEYS) if rel in relations}
    pks, columns = {c[1]: c[3] for c in constraints if c[0] == "p"}, defaultdict(list)
    for rel, name, oid, nullable in fetch(cursor, COLUMNS):
        base = base_type(types, oid)
        expr = f"{name}::{base}" if base in SCALARS else name
        columns[rel].append(Column(name, expr, base, nullable, (rel, name) not in keys))
    tables = [Table(oid, name, only + name, columns[oid], pks.get(oid))
              for oid, root, name, only in found if oid == root]
    return tables, relations, constraints


def branches(expression):
    """Branches of an expression that is an OR at its top, otherwise none."""
    depth, quote, start, parts = 0, "", 1, []
    for at, char in enumerate(expression):
        if quote or char in "'\"":
            quote = quote if quote and char != quote else "" if quote else char
            continue
        depth += (char in "([") - (char in ")]")
        if depth == 0 and at < len(expression) - 1:
            return []
        if depth == 1 and expression.startswith(" OR ", at):
            parts.append(expression[start:at])
            start = at + 4
    return parts + [expression[start:-1]] if parts else []


def boundary_class(column):
    """SQL for the first boundary class that a value is in, or '' when its type has none."""
    c = column.expr
    if column.base in DAYS:
        return (f"CASE WHEN {c} = 'infinity' THEN 'infinity' WHEN {c} = '-infinity' THEN '-infinity'"
                f" WHEN extract(year FROM {c}) < 0 THEN 'BC' ELSE CASE to_char({c}, 'MM-DD') WHEN"
                " '02-29' THEN '29 Feb' WHEN '12-31' THEN '31 Dec' WHEN '01-01' THEN '1 Jan' END END")
    if column.base in NUMBERS:
        nan = "" if column.base.startswith("int") else f" WHEN {c} = 'NaN' THEN 'NaN'"
        return f"CASE{nan} WHEN {c} = 0 THEN 'zero' WHEN {c} < 0 THEN 'negative' END"
    return (f"CASE WHEN {c}::text = '' THEN 'empty' WHEN {c}::text ~ '[^\\x01-\\x7f]' THEN 'non-ASCII'"
            f" WHEN {c}::text ~ '[\\n\\r]' THEN 'line break' END") if column.base in TEXTS else ""


class Data:
    """Rows of the source (numbered), references between them, and features."""

    def __init__(self, uri):
        self.cursor = connect(uri)
        self.tables, self.relations, constraints = load_tables(self.cursor)
        self.features, self.ids, self.rows = [], {}, []
        self.keys, self.many, self.ones = [], {}, {}  # per foreign key: parent to children
        for table in self.tables:
            for row, key, text in self.scan(self.cursor, table):
                self.ids[row] = len(self.rows)
                self.rows.append((table.name, key, text))
        self.refs = [[] for _ in self.rows]  # per row: (foreign key, parent)
        for table in self.tables:
            self.table_features(table)
            for con in (c for c in constraints if c[1] == table.oid and c[0] == "c"):
                for part in branches(con[6]):
                    self.add(table, f"check {table.name} {con[5]}: {part}", "''", f"({part})")
        self.foreign_keys(constraints)

    @staticmethod
    def scan(cursor, table):
        """Row id, key and digest of each row."""
        whole = f"md5(ROW({', '.join(c.name for c in table.columns)})::text)"
        key = f"ROW({', '.join(table.pk)})::text" if table.pk else whole
        return fetch(cursor, f"SELECT {ROW}, {key}, {whole} FROM {table.source}")

    def add(self, table, label, value, where="true", by="", least=1, most=None):
        """A feature for each group of rows that are enough, unless there are too many groups."""
        found = fetch(self.cursor, f"SELECT {value}, string_agg({ROW}, ' '), count(*) FROM"
                      f" {table.source} WHERE {where} {by and 'GROUP BY ' + by} ORDER BY 1")
        for text, rows, count in found if most is None or len(found) <= most else ():
            if count >= least:
                self.features.append(Feature(label + text, [self.ids[row] for row in rows.split(" ")]))

    def table_features(self, table):
        for column in table.columns:
            self.value_features(table, column)
            if column.free:
                self.edge_features(table, column)
        bits = [f"CASE WHEN {c.name} IS NULL THEN '1' ELSE '0' END" for c in table.columns if c.nullable]
        if bits:
            self.add(table, f"nulls {table.name} ", " || ".join(bits), by="1", least=5, most=250)
        flags = [c.name for c in table.columns if c.base == "bool"]
        for a, b in ((a, b) for n, a in enumerate(flags) for b in flags[n + 1:]):
            self.add(table, f"flags {table.name} {a}, {b} = ", f"{a}::text || ', ' || {b}::text",
                     f"{a} IS NOT NULL AND {b} IS NOT NULL", "1")

    def value_features(self, table, column):
        label, known = f"value {table.name}.{column.name} = ", f"{column.expr} IS NOT NULL"
        if column.base in ("bool", "enum"):
            self.add(table, label, column.name + "::text", known, "1")
        elif column.free and column.base:
            distinct = f"SELECT DISTINCT {column.expr} FROM {table.source} WHERE {known} LIMIT 51"
            if len(fetch(self.cursor, f"SELECT 1 FROM ({distinct}) x")) <= 50:
                self.add(table, label, f"min(({column.expr})::text)", known, column.expr, 5)

    def edge_features(self, table, column):
        """Extremes and boundary values of a column in no key."""
        ends = [("smallest", "min", column.expr), ("largest", "max", column.expr)]
        if column.base in TEXTS:
            ends = [("longest", "max", f"char_length({column.expr})")]
        for label, function, expr in ends if column.base in ORDERED | TEXTS else ():
            self.add(table, f"extreme {table.name}.{column.name} {label}", "''",
                     f"{expr} = (SELECT {function}({expr}) FROM {table.source})")
        if edge := boundary_class(column):
            self.add(table, f"boundary {table.name}.{column.name} ", edge, f"({edge}) IS NOT NULL", "1")

    def foreign_keys(self, constraints):
        """Join keys that are the same but for partitions."""
        merged, names = defaultdict(list), {table.oid: table.name for table in self.tables}
        for kind, child, parent, columns, others, *_ in constraints:
            if kind == "f" and child in self.relations and parent in self.relations:
                child, parent = self.relations[child], self.relations[parent]
                merged[child[0], parent[0], *columns, *others].append((child[1], parent[1], columns, others))
        for (child, parent, *_), parts in merged.items():
            label = f"children {names[child]} ({', '.join(parts[0][2])}) of {names[parent]}: "
            self.child_features(label, *self.references(parts))

    def references(self, parts):
        """Children of each parent by one foreign key, and all rows that could be parents."""
        kids, parents, pairs = defaultdict(list), set(), set()
        for child, parent, columns, others in parts:
            on = " AND ".join(f"c.{a} = p.{b}" for a, b in zip(columns, others))
            found = fetch(self.cursor, "SELECT c.tableoid::text || c.ctid::text, p.tableoid::text ||"
                          f" p.ctid::text FROM {child} c JOIN {parent} p ON {on}")
            pairs.update((self.ids[a], self.ids[b]) for a, b in found)
            parents.update(self.ids[row] for row, in fetch(self.cursor, f"SELECT {ROW} FROM {parent}"))
        for kid, parent in sorted(pairs):
            kids[parent].append(kid)
            self.refs[kid].append((len(self.keys), parent))
        return kids, parents

    def child_features(self, label, kids, parents):
        count = {row: min(2, len(kids.get(row, ()))) for row in sorted(parents)}
        for least, text in enumerate(("0", "exactly 1", "2 or more")):
            rows = [row for row in count if count[row] == least]
            if rows:
                ({}, self.ones, self.many)[least][len(self.features)] = len(self.keys)
                self.features.append(Feature(label + text, rows))
        self.keys.append(kids)

    def shown(self, number, copy):
        """Whether the rows of a copy show a feature."""
        least, key = (1, self.ones[number]) if number in self.ones else (2, self.many.get(number))
        return any(key is None or sum(kid in copy for kid in self.keys[key][row]) >= least
                   for row in copy.intersection(self.features[number].rows))


def read_copy(data, uri):
    """Numbers of the source's rows in the copy, and what is wrong with the others."""
    cursor, places, rows, wrong = connect(uri), defaultdict(list), set(), []
    for number, (table, key, _) in enumerate(data.rows):
        places[table, key].append(number)
    for table in data.tables:
        for _, key, text in data.scan(cursor, table):
            found = places[table.name, key]
            if found and data.rows[found[-1]][2] == text:
                rows.add(found.pop())
            else:
                wrong.append(f"{table.name} {key}: {'changed' if found else 'not in the source'}")
    return rows, wrong


def judge(data, uri, allowed):
    copy, wrong = read_copy(data, uri)
    missing = [f.label for n, f in enumerate(data.features) if not data.shown(n, copy)]
    gone = [(row, p) for row in sorted(copy) for _, p in data.refs[row] if p not in copy]
    lines = ["missing " + show(label) for label in missing] + ["wrong row " + show(text) for text in wrong]
    lines += [show("no parent {} {} -> {} {}".format(*data.rows[a][:2], *data.rows[b][:2])) for a, b in gone]
    print(*lines, sep="\n", end="\n" * bool(lines))
    total, have = (Counter(data.rows[row][0] for row in rows) for rows in (range(len(data.rows)), copy))
    for table in sorted(total):
        print(f"rows {table} {have[table]} of {total[table]}")
    print(f"features {len(data.features)}, missing {len(missing)}; rows {len(copy)} of {len(data.rows)};"
          f" closed {'no' if gone else 'yes'}; wrong rows {len(wrong)}")
    return 1 if len(missing) > allowed or gone or wrong else 0


def show(label):
    label = re.sub(r"[\x00-\x1f]", lambda m: repr(m.group())[1:-1], label)
    return label if len(label) < 160 else label[:157] + "..."


class Cover:
    """What all runs of the greedy share: closures, what they show, and the rows in every cover."""

    def __init__(self, data):
        self.data, self.refs, self.own = data, data.refs, [0] * len(data.rows)
        self.all, self.many = (1 << len(data.features)) - 1, {key: 1 << n for n, key in data.many.items()}
        for number in set(range(len(data.features))) - set(data.many):
            for row in self.carriers(number):
                self.own[row] |= 1 << number
        self.closure = [self.close(row) for row in range(len(data.rows))]
        self.reach = [self.mask(rows) for rows in self.closure]
        self.forced = set().union(*(self.common(number) for number in range(len(data.features))))
        self.prepare()

    def carriers(self, number):
        """Rows that show a feature with their closure: of "exactly 1" the child."""
        rows, key = self.data.features[number].rows, self.data.ones.get(number)
        return rows if key is None else [self.data.keys[key][row][0] for row in rows]

    def close(self, row):
        rows, todo = {row}, [row]
        while todo:
            new = {p for _, p in self.refs[todo.pop()]} - rows
            rows |= new
            todo += new
        return frozenset(rows)

    def mask(self, rows):
        """Features that a closed set shows."""
        shown, seen = 0, set()
        for row in rows:
            shown |= self.own[row]
            for ref in self.refs[row]:
                if ref in seen:
                    shown |= self.many[ref[0]]
                seen.add(ref)
        return shown

    def common(self, number):
        """Rows in every closed set that shows a feature, hence in every cover."""
        common = None
        for row in self.carriers(number):
            common = self.closure[row] if common is None else common & self.closure[row]
            if not common:
                break
        return common

    def prepare(self):
        """Candidates beside the forced rows, in groups that show the same; of equal leaves two."""
        base, groups, twins = self.mask(self.forced), {}, Counter()
        referenced = {p for refs in self.refs for _, p in refs}
        self.group, self.cost, self.below = {}, {}, defaultdict(list)
        for row, reach in enumerate(self.reach):
            mask = reach & ~base
            twins[twin := (mask, tuple(self.refs[row]))] += 1
            if mask and (row in referenced or twins[twin] <= 2):
                self.group[row] = groups.setdefault(mask, len(groups))
                self.cost[row] = len(self.closure[row] - self.forced)
                for above in self.closure[row] - self.forced:
                    self.below[above].append(row)
        self.masks = list(groups)
        self.pairs = [[p for p, kids in key.items() if len(kids) > 1] for key in self.data.keys]
        rare = sorted((len(f.rows), n) for n, f in enumerate(self.data.features) if not base >> n & 1)
        self.rare = [sum(1 << n for _, n in rare[:len(rare) // part]) for part in (2, 4)]


class Run:
    """One greedy, from the forced rows and a closed set to start with."""

    def __init__(self, cover, rng, start=()):
        self.cover, self.closure, self.rng = cover, cover.closure, rng
        self.slack, self.rarity, self.power = map(rng.choice, ((0, .05, .1), (0, .5, 1), (1, 1.25, 1.5)))
        self.rows, self.kids, self.open = set(), Counter(), cover.all
        self.cost, self.cheapest = dict(cover.cost), defaultdict(list)
        self.active, self.least = range(len(cover.masks)), [1 << 60] * len(cover.masks)
        for row in cover.cost:
            self.offer(row)
        self.take(cover.forced.union(start))
        while self.open:
            self.take(self.choose())
        self.prune()

    def offer(self, row):
        """Remember a row when it is among the cheapest of its group."""
        group, cost = self.cover.group[row], self.cost[row]
        if cost < self.least[group]:
            self.least[group], self.cheapest[group] = cost, []
        if cost == self.least[group]:
            self.cheapest[group].append(row)

    def take(self, rows):
        for row in rows - self.rows:
            self.rows.add(row)
            self.open &= ~self.cover.own[row]
            for ref in self.cover.refs[row]:
                self.kids[ref] += 1
                if self.kids[ref] > 1:
                    self.open &= ~self.cover.many[ref[0]]
            for other in self.cover.below.get(row, ()):
                self.cost[other] -= 1
                if self.cost[other]:
                    self.offer(other)

    def score(self, mask, cost):
        """New features, rare ones counting more, by rows to add."""
        new = mask & self.open
        rare = sum((new & rare).bit_count() for rare in self.cover.rare) if self.rarity else 0
        return (new.bit_count() + self.rarity * rare) / cost ** self.power

    def choose(self):
        """Rows of one of the best choices."""
        masks = self.cover.masks
        self.active = [g for g in self.active if masks[g] & self.open]
        found = [(self.score(masks[g], self.least[g]), g, None) for g in self.active]
        for key in (key for key, bit in self.cover.many.items() if self.open & bit):
            found += self.siblings(key)
        floor = max(f[0] for f in found) * (1 - self.slack) - 1e-9
        _, group, rows = self.rng.choice([f for f in found if f[0] >= floor])
        return rows or self.closure[self.rng.choice(self.cheapest[group])]

    def sample(self, rows, most):
        return self.rng.sample(rows, min(len(rows), most))

    def siblings(self, key):
        """Choices that give a parent two children: one more of a taken one, or a pair."""
        pairs = self.cover.pairs[key]
        half = [p for p in pairs if self.kids.get((key, p))]
        taken = [p for p in pairs if p in self.rows]
        for parent in self.sample(half, 40) + self.sample(taken, 15) + self.sample(pairs, 15):
            rows, mask = frozenset(), self.cover.many[key]
            for _ in range(2 - self.kids.get((key, parent), 0)):
                rows, mask = self.add_kid(self.cover.data.keys[key][parent], rows, mask)
            yield self.score(mask, len(rows)), None, rows

    def add_kid(self, kids, rows, mask):
        """Rows and what they show, with that of some children (in neither) which scores best."""
        kids = [kid for kid in kids if kid not in self.rows and kid not in rows]
        found = [(rows | (self.closure[kid] - self.rows), mask | self.cover.reach[kid])
                 for kid in self.sample(kids, 40)]
        return max(found, key=lambda f: self.score(f[1], len(f[0])), default=(rows, mask))

    def prune(self):
        """Drop rows, with all that refer to them, as long as everything is still shown."""
        order = sorted(self.rows - self.cover.forced)
        for row in self.sample(order, len(order)):
            rest = {x for x in self.rows if row not in self.closure[x]}
            if len(rest) < len(self.rows) and self.cover.mask(rest) == self.cover.all:
                self.rows = rest


def improve(cover, rng, rows, rounds):
    """Take random parts of a cover away and let the greedy fill the gaps."""
    for _ in range(rounds):
        gone = {row for row in sorted(rows - cover.forced) if rng.random() < .3}
        again = Run(cover, rng, [row for row in rows if not gone & cover.closure[row]]).rows
        rows = again if len(again) <= len(rows) else rows
    return rows


def greedy(data, runs, seed, rounds):
    begin, cover, covers = time.time(), Cover(data), []
    print(f"features {len(data.features)}, rows {len(data.rows)}, in every cover {len(cover.forced)}")
    for number in range(runs):
        rng = random.Random(f"{seed} {number}")
        rows = improve(cover, rng, Run(cover, rng).rows, rounds)
        assert all(cover.closure[row] <= rows for row in rows), "not closed"
        assert all(data.shown(n, rows) for n in range(len(data.features))), "not a cover"
        covers.append(rows)
        print(f"run {number + 1}: {len(rows)} rows", flush=True)
    for table, count in sorted(Counter(data.rows[row][0] for row in min(covers, key=len)).items()):
        print(f"best has {table} {count}")
    sizes = [len(rows) for rows in covers]
    print(f"best {min(sizes)}, median {statistics.median(sizes):g}, {time.time() - begin:.1f} s")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("command", choices=("list", "judge", "greedy"))
    parser.add_argument("source", metavar="SOURCE_URI")
    parser.add_argument("copy", metavar="COPY_URI", nargs="?")
    parser.add_argument("--max-missing", type=int, default=0, metavar="N", help="judge: N may be missing")
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--improve", type=int, default=0, metavar="N", help="greedy: N repairs of each run")
    args = parser.parse_args()
    if (args.command == "judge") != (args.copy is not None):
        parser.error("judge, and only judge, needs COPY_URI")
    data = Data(args.source)
    if args.command == "judge":
        return judge(data, args.copy, args.max_missing)
    if args.command == "greedy":
        return greedy(data, args.runs, args.seed, args.improve)
    for feature in data.features:
        print(len(feature.rows), show(feature.label), sep="\t")
    return 0


if __name__ == "__main__":
    sys.exit(main())
