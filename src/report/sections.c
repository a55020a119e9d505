/* SPDX-License-Identifier: PostgreSQL */
#include "report/sections.h"

#define FACT(name) "(SELECT value FROM run WHERE name = '" name "')"
#define PLAIN(x) "CASE WHEN " x " IS NULL THEN '' ELSE printf('%.4g', " x ") END"
#define FIGURE(x)                                                                                  \
    "CASE WHEN kind = 'times' THEN date(946684800 + " x ", 'unixepoch') ELSE " PLAIN(x) " END"

#define COUNTED(x) "CASE WHEN " x " < 0 THEN '-' ELSE printf('%,d', " x ") END"

#define COLUMNS FACT("columns")
#define LEAKS FACT("leaks")
#define NOT_CHECKED FACT("not_checked")
#define VERSION FACT("source_version")
#define LOAD FACT("load")
#define SIZE FACT("size")
#define RATE FACT("rate")

#define MASKED "(SELECT count(*) FROM columns WHERE verdict IN ('masked', 'nulled'))"
#define ACCEPTED "(SELECT count(*) FROM findings)"
#define JUDGED(verdict)                                                                            \
    "(SELECT count(*) FROM measures WHERE verdict = '" verdict                                     \
    "' AND kind NOT IN ('cross key', 'canary'))"
#define LOST "(SELECT count(*) FROM not_carried)"
#define AMPLIFIED "(SELECT count(*) FROM amplified)"

const char *const headline_sql[HEADLINES] = {
    /* the verdict: may this be used, what is not known, what is lost */
    "SELECT CASE WHEN " JUDGED(
        "bad") " > 0 THEN 'look before you use it: ' ELSE 'may be used: ' END"
               " || CASE WHEN " MASKED
               " = 0 THEN 'nothing is masked, it holds production''s own data'"
               " WHEN " ACCEPTED
               " > 0 THEN printf('no original was found in it, but for %d finding%s that the"
               " rules accept', " ACCEPTED ", CASE " ACCEPTED
               " WHEN 1 THEN '' ELSE 's' END) ELSE 'no original of a masked column was found in "
               "it' END"
               " || CASE WHEN " AMPLIFIED " > 0 THEN '; it has replicas of a copy''s rows' WHEN "
               "(SELECT count(*) FROM measures)"
               " = 0 THEN '; every row is there' ELSE"
               " printf('; %d figures are like the source''s, %d are not, %d are not "
               "known', " JUDGED("holds") ", " JUDGED("bad") ", " JUDGED(
                   "unknown") ") END"
                              " || CASE " LOST " WHEN 0 THEN '; nothing is lost' WHEN 1 "
                              "THEN '; 1 thing is not carried over'"
                              " ELSE printf('; %d things are not carried over', " LOST ") END",
    "SELECT 'made ' || " FACT("made") " || CASE WHEN coalesce(" FACT(
        "database") ", '') <> '' THEN"
                    " ' of the database ' || " FACT(
                        "database") " ELSE '' END || CASE WHEN "
                                    "coalesce(" FACT(
                                        "key_id") ", '') <> '' THEN ', with key ' "
                                                  "|| " FACT(
                                                      "key_id") " ELSE '' "
                                                                "END || CASE "
                                                                "WHEN "
                                                                "coalesce"
                                                                "(" FACT(
                                                                    "see"
                                                                    "d") ", '') <> '' "
                                                                         "THEN ', "
                                                                         "seed ' "
                                                                         "|| " FACT(
                                                                             "s"
                                                                             "e"
                                                                             "e"
                                                                             "d") " ELSE '' END",
    "SELECT 'columns: ' || " COLUMNS " || (SELECT CASE WHEN count(*) > 0 THEN"
    " printf(' (%d weaker than before)', count(*)) ELSE '' END FROM weaker) || '; leaks: ' "
    "|| " LEAKS " ||"
    " CASE WHEN " NOT_CHECKED " <> '' THEN '; not checked: ' || " NOT_CHECKED " ELSE '' END",
    "SELECT 'source: PostgreSQL ' || (" VERSION " / 10000) || ', ' || " LOAD,
    "SELECT printf('copy: %,d rows in %d tables, %.1f MB%s; fidelity: %s%s; not carried: "
    "%d',"
    " (SELECT sum(rows) FROM tables WHERE rows > 0),"
    " (SELECT count(*) FROM tables WHERE rows >= 0), " SIZE " / 1e6,"
    " CASE WHEN " RATE " NOT IN ('', '0')"
    " THEN printf(', rate %.4g %%', 100.0 * " RATE ") ELSE '' END,"
    " CASE WHEN " AMPLIFIED " > 0 THEN 'replicas of a copy''s rows'"
    " WHEN (SELECT count(*) FROM measures) = 0 THEN 'every row is there'"
    " ELSE printf('%d figures hold, %d bad, %d not known',"
    " (SELECT count(*) FROM measures WHERE verdict = 'holds'),"
    " (SELECT count(*) FROM measures WHERE verdict = 'bad'),"
    " (SELECT count(*) FROM measures WHERE verdict = 'unknown'"
    " AND kind NOT IN ('cross key', 'canary'))) END,"
    " CASE WHEN (SELECT count(*) FROM measures WHERE note LIKE 'not preserved%') > 0"
    " THEN printf('; not preserved: %d keys',"
    " (SELECT count(*) FROM measures WHERE note LIKE 'not preserved%')) ELSE '' END,"
    " (SELECT count(*) FROM not_carried))",
};

const struct section sections[] = {
    { .title = "Far from the source",
      .about = "Further from the source than the gate allows.",
      .headers = "what|where|>source|>copy|>times the noise|note",
      .sql = "SELECT kind, name, " FIGURE("source") ", " FIGURE(
          "copy") ","
                  " CASE WHEN excess > 1e9 THEN 'no noise' ELSE printf('%.1f', excess) END,"
                  " coalesce(note, '') FROM measures WHERE verdict = 'bad' ORDER BY excess DESC, "
                  "name" },
    { .title = "Tables",
      .about = "Rows by why they are there: sampled by chance, whole, completed or pulled for the "
               "sake of a key, asked for, or rare.",
      .headers = "table|role|>rate|>arrived|>rows|>sampled|>whole|>completed|>pulled|>asked|>rare|"
                 ">hollow",
      .sql = "SELECT name, role, printf('%.3g %%', 100 * rate), CASE WHEN source_rows > 0 THEN"
             " printf('%.3g %%', min(100, 100.0 * (sampled + whole + completed + pulled + asked +"
             " edge) / source_rows)) ELSE '' END, printf('%,d', sampled + whole +"
             " completed + pulled + asked + edge), printf('%,d', sampled), printf('%,d', whole),"
             " printf('%,d', completed), printf('%,d', pulled), printf('%,d', asked),"
             " printf('%,d', edge), printf('%,d', hollow) FROM samples ORDER BY name" },
    { .title = "Rows of the source",
      .about = "As its planner estimates them.",
      .headers = "table|>rows in the source|>in the copy",
      .sql = "SELECT name, printf('%,d', source_rows), printf('%,d', sampled + whole + completed +"
             " pulled + asked + edge) FROM samples ORDER BY name",
      .only_absolute = true },
    { .title = "Amplified",
      .about = "Rows of the copy that this one was made of, and what became of them, as a share of "
               "production's.",
      .headers = "table|>copied|>times|>of production|why not",
      .sql = "SELECT name, printf('%,d', copied), CASE WHEN copied > 0 THEN printf('%.1f',"
             " 1.0 * rows / copied) ELSE '' END, CASE WHEN wanted > 0 THEN printf('%.1f %%',"
             " 100.0 * rows / wanted) ELSE '' END, reason FROM amplified ORDER BY name" },
    { .title = "Since the copy before",
      .about = "Rows by primary key: those that came, went and have other values.",
      .headers = "table|>before|>now|>came|>went|>changed",
      .sql =
          "SELECT name, " COUNTED("before") ", " COUNTED("after") ", " COUNTED("came") ", " COUNTED(
              "went") ", " COUNTED("changed") " FROM since WHERE before <> after OR"
                                              " came + went + changed > 0 ORDER BY came + went + "
                                              "changed DESC, name LIMIT 20" },
    { .title = "Changed since the copy before",
      .headers = "what|where|was|is",
      .sql = "SELECT kind, name, was, now FROM since_changes LIMIT 40" },
    { .title = "Rows",
      .headers = "table|>rows",
      .sql = "SELECT name, CASE WHEN rows < 0 THEN 'not in the copy' ELSE printf('%,d', rows) END"
             " FROM tables WHERE NOT EXISTS (SELECT 1 FROM samples) ORDER BY name" },
    { .title = "Figures nearest to the bound",
      .about = "Distance from the source, beside what an ideal sample of this size stays below in "
               "95 of 100 cases.",
      .headers = "what|where|>source|>copy|>distance|>noise|>ratio",
      .sql = "SELECT kind, name, " FIGURE("source") ", " FIGURE("copy") ", " PLAIN(
          "distance") ", " PLAIN("floor") ", printf('%.2f', excess) FROM measures WHERE verdict = "
                                          "'holds'"
                                          " AND excess > 0 ORDER BY excess DESC, name LIMIT 10" },
    { .title = "Rows of one parent",
      .about = "Along owners all rows of a sampled parent come with it. Along any other key a "
               "sample has a share of them: the note says what an independent sample would have. "
               "What it keeps is the share of the rows that the ten largest parents have.",
      .headers = "kind|key|>source|>copy|>ratio to the noise|note",
      .sql = "SELECT kind, name, " FIGURE("source") ", " FIGURE(
          "copy") ", CASE WHEN excess IS NULL THEN '' ELSE printf('%.2f', excess) END,"
                  " coalesce(note, '') FROM measures WHERE kind IN ('fan-out', 'cross key', 'top "
                  "ten')"
                  " ORDER BY kind DESC, name" },
    { .title = "Canaries",
      .about = "Queries of the rules: the copy's answer as a share of the source's.",
      .headers = "query|>share",
      .sql = "SELECT name, " FIGURE("copy") " FROM measures WHERE kind = 'canary' ORDER BY name" },
    { .title = "References",
      .about = "What happens to rows whose parent was not sampled.",
      .headers = "key|parent|policy|>rows left out|>keys changed",
      .sql = "SELECT name, parent, policy, printf('%,d', left_out), printf('%,d', changed)"
             " FROM policies ORDER BY name",
      .is_long = true },
    { .title = "Not known",
      .about = "Figures that could not be compared, and why.",
      .headers = "what|why|>figures",
      .sql = "SELECT kind, coalesce(note, ''), count(*) FROM measures WHERE verdict = 'unknown'"
             " AND note NOT LIKE '%preserved%' AND kind <> 'canary' GROUP BY 1, 2 ORDER BY 1, 2" },
    { .title = "Weaker than in the copy before",
      .about = "Columns of which the copy that this one replaces told less.",
      .headers = "column|was|is",
      .sql = "SELECT name, was, now FROM weaker ORDER BY name" },
    { .title = "What kept columns tell together",
      .about = "Tables with masked columns, and the rows of the copy that look like no other, or "
               "like fewer than four others, in all columns that are kept and no keys. Who knows "
               "these of somebody finds the row; exact times alone often do.",
      .headers = "table|>kept columns|>rows like no other|>like fewer than four",
      .sql = "SELECT name, columns, printf('%.1f %%', 100 * alone), printf('%.1f %%', 100 * few)"
             " FROM crowds ORDER BY alone DESC, name" },
    { .title = "Kept columns that single a person out",
      .about =
          "They stand in tables with masked columns. Of a column with as many different values "
          "as rows, each value is one row's: who knows it knows whose row it is.",
      .headers = "column|>different values by rows",
      .sql = "SELECT name, printf('%.0f %%', 100 * share) FROM singles ORDER BY share DESC, name" },
    { .title = "Kept numbers of rows, and exact times",
      .about =
          "In tables with masked columns. The number of a sequence says how many rows there are, "
          "and which came before which; who has seen it in the source, in a link for one, finds "
          "the row by it, as by the second in which something happened. 'keys: permute' and "
          "'date_shift' change them.",
      .headers = "what it tells|>columns|which",
      .sql = "SELECT guarantee, count(*), substr(group_concat(name, ', '), 1, 400) || CASE WHEN"
             " length(group_concat(name, ', ')) > 400 THEN ' ...' ELSE '' END FROM (SELECT * FROM"
             " columns WHERE verdict IN ('safe', 'kept') AND guarantee <> '' ORDER BY name)"
             " GROUP BY 1 ORDER BY 1" },
    { .title = "Leak check",
      .about = "Findings that the rules accept. Others are published in no copy.",
      .headers = "where|kind|>found|>cells|reason",
      .sql = "SELECT name, kind, count, cells, allowed FROM findings ORDER BY name, kind" },
    { .title = "Masked columns",
      .headers = "column|type|mask|guarantee",
      .sql = "SELECT name, type, mask, guarantee FROM columns WHERE verdict IN ('masked', 'nulled')"
             " ORDER BY name",
      .is_long = true },
    { .title = "In the clear",
      .about = "Columns of open types that a line of the rules keeps.",
      .headers = "column|type",
      .sql = "SELECT name, type FROM columns WHERE verdict = 'kept' ORDER BY name",
      .is_long = true },
    { .title = "Not carried over",
      .headers = "what|consequence|>objects|which",
      .sql =
          "SELECT kind || ' [' || reason || ']', consequence, count(*),"
          " substr(group_concat(object, ', '), 1, 400) || CASE WHEN length(group_concat(object,"
          " ', ')) > 400 THEN ' ...' ELSE '' END FROM (SELECT * FROM not_carried ORDER BY object)"
          " GROUP BY 1, 2 ORDER BY 1, 2" },
    { .title = "The run",
      .headers = "fact|value",
      .sql = "SELECT name, value FROM run WHERE value <> '' ORDER BY name",
      .is_long = true },
};
const int nsections = (int)(sizeof sections / sizeof *sections);
