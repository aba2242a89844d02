# For suites that write to an InfluxDB. Load it behind helpers.bash.

# start_influx: a database server of its own. Sets INFLUX, its address.
start_influx() {
    local port rpc
    port=$(free_port)
    rpc=$(free_port)
    cat >influx.conf <<END
reporting-disabled = true
bind-address = "127.0.0.1:$rpc"
[meta]
  dir = "$PWD/meta"
[data]
  dir = "$PWD/data"
  wal-dir = "$PWD/wal"
[http]
  bind-address = "127.0.0.1:$port"
  auth-enabled = ${1:-false}
[monitor]
  store-enabled = false
END
    : >influx.log
    influxd -config influx.conf >influx.log 2>&1 3>&- &
    STARTED_PIDS+=("$!")
    wait_line influx.log 'Listening on HTTP|Listening for signals' "$!" >/dev/null
    INFLUX=http://127.0.0.1:$port
}

# ask QUERY [CURL ARGUMENT...]: what the database answers.
ask() {
    local query=$1
    shift
    curl -fsS "$@" "$INFLUX/query" --data-urlencode "q=$query" --data-urlencode db=load
}
