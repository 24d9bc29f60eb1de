#!/usr/bin/env bash
# A throw-away PostgreSQL from the binaries that are installed, on a socket of its own: postgres.sh start DIR prints its URL, and fails where
# there are none; postgres.sh stop DIR ends it. As root it runs as nobody, for PostgreSQL refuses root.
set -euo pipefail
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -n "$bin" ] || bin=$(dirname "$(command -v initdb)") || exit 1
dir=$2 as=()
[ "$(id -u)" != 0 ] || as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
case $1 in
start)
  mkdir -p "$dir/data" && chmod 700 "$dir/data"
  [ "$(id -u)" != 0 ] || { chown -R 65534:65534 "$dir"; chmod o+x "$(dirname "$dir")"; }
  (cd "$dir" && "${as[@]}" "$bin/initdb" -D "$dir/data" -U bench --auth=trust --encoding=UTF8 --locale=C >"$dir/initdb.log" 2>&1 &&
    "${as[@]}" "$bin/pg_ctl" -D "$dir/data" -w -l "$dir/server.log" -o "-c listen_addresses= -c unix_socket_directories=$dir -c fsync=on" start >/dev/null)
  echo "postgres:///postgres?host=$dir&user=bench"
  ;;
stop) (cd "$dir" && "${as[@]}" "$bin/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null) ;;
esac
