#!/usr/bin/env bats
# Run files that someone made to do harm: they are read or refused, in bounded time and memory, and nothing in them is executed. `hostile_files.py`
# of tests/torture has many more.

bats_require_minimum_version 1.5.0
load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
    python3 "$BATS_TEST_DIRNAME/make_log.py" run run.db 20
    python3 "$BATS_TEST_DIRNAME/make_log.py" log 20 >log.json
}

# change SQL: does it to run.db; views that it breaks do not matter.
change() {
    sqlite3 run.db "PRAGMA legacy_alter_table = ON; $1"
}

# refused TEXT ARGUMENT...: the command ends soon, with exit code 3 and this text.
refused() {
    local text=$1
    shift
    run -3 --separate-stderr timeout 600 "$COLDSWARM" "$@"
    [[ $stderr == *"$text"* ]] || { printf '%s\n' "$stderr"; false; }
}

# An instr() of this kind takes hours, in a single instruction of SQLite.
HOURS="instr(hex(zeroblob(30000000)), hex(zeroblob(15000000)) || '1')"

@test "import computes no index, no default, no check and no column of the file" {
    cp run.db good.db
    change "CREATE INDEX i ON server_request($HOURS)"
    refused "an index that is computed" import run.db --logs log.json
    cp good.db run.db
    change "CREATE INDEX i ON server_event(at_us) WHERE $HOURS = at_us"
    refused "an index that is computed" import run.db --logs log.json
    cp good.db run.db
    change "ALTER TABLE server_name RENAME TO was; CREATE TABLE server_name(id INTEGER PRIMARY KEY, text UNIQUE, x DEFAULT ($HOURS))"
    refused "table server_name has a column that is computed" import run.db --logs log.json
    cp good.db run.db
    change "ALTER TABLE server_name RENAME TO was; CREATE TABLE server_name(id INTEGER PRIMARY KEY, text UNIQUE, x AS ($HOURS))"
    refused "table server_name has a column that is computed" import run.db --logs log.json
    cp good.db run.db
    change "ALTER TABLE server_name RENAME TO was; CREATE TABLE server_name(id INTEGER PRIMARY KEY, text UNIQUE CHECK ($HOURS = id))"
    timeout 600 "$COLDSWARM" import run.db --logs log.json
    [ "$(sql run.db 'SELECT count(*) FROM server_request')" = 20 ]
}

@test "one's own tables, views and indexes do not matter" {
    change "CREATE TABLE mine(a); CREATE VIEW my_view AS WITH RECURSIVE n(n) AS
            (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 9) SELECT hex(n) FROM n; CREATE INDEX my_index ON request(took_us / 1000);
            CREATE VIEW broken AS SELECT a FROM no_table; CREATE VIRTUAL TABLE words USING fts5(a)"
    "$COLDSWARM" report run.db >/dev/null
    "$COLDSWARM" import run.db --logs log.json
    "$COLDSWARM" report run.db --warm-only >/dev/null
}

@test "pages that are used more than once are refused by each command" {
    rm run.db
    python3 "$BATS_TEST_DIRNAME/make_log.py" run run.db 3000
    change "PRAGMA writable_schema = ON; UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM sqlite_master WHERE name = 'request')
            WHERE name IN ('event', 'iteration', 'failed_body', 'user_count', 'client_second')"
    local says="pages are used more than once"
    refused "$says" report run.db
    refused "$says" manifest run.db
    refused "$says" gate run.db -e 'http_req_failed rate<0.1'
    refused "$says" compare run.db --with run.db
    refused "$says" merge out.db run.db
    refused "$says" import run.db --logs log.json
}

@test "what is no file is refused: zeros without end, a pipe, a folder, a link to itself" {
    ln -s /dev/zero zero.db
    mkfifo pipe.db
    ln -s loop.db loop.db
    mkdir folder.db
    for name in zero pipe loop folder; do
        refused "cannot read $name.db" manifest $name.db
        refused "cannot read $name.db" import new.db --from oha-sqlite $name.db
    done
}
