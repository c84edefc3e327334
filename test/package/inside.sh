#!/bin/sh
# Runs inside the throw-away copy of this machine that deb.test.mjs makes: installs the package, makes a nation as the package's own user, starts a node
# as its unit would, and removes the package again. Prints one fact a line; the test judges them.
set -eu
net=$1 port=$2
as_sen() { setpriv --reuid=sen --regid=sen --init-groups --no-new-privs "$@"; }

dpkg -i /tmp/sen.deb >/tmp/dpkg.log 2>&1 || { cat /tmp/dpkg.log; exit 1; }
echo "installed $(dpkg-query -W -f='${Status} ${Version}' sen)"
echo "user $(stat -c '%U %a' /var/lib/sen)"
echo "manual $(zcat /usr/share/man/man1/sen.1.gz | head -1)"
cd /var/lib/sen
as_sen sen nation start /var/lib/sen/nation --people 20 --net "$net" --port "$port" --nodes operator,police,hanoi >/tmp/start.log 2>&1 || { cat /tmp/start.log; exit 1; }
as_sen sen nation status /var/lib/sen/nation >/tmp/status.log 2>&1 && echo "nation answers"
as_sen sen nation stop /var/lib/sen/nation >/dev/null
echo "stopped"

# The unit's own command line, as its user, for the node /var/lib/sen/operator.
ln -s nation/operator /var/lib/sen/operator
command=$(sed -n 's/^ExecStart=//p' /lib/systemd/system/sen@.service | sed 's/%i/operator/g')
# shellcheck disable=SC2086 # words are meant
setpriv --reuid=sen --regid=sen --init-groups --no-new-privs $command >/tmp/serve.log 2>&1 &
pid=$!
for _ in $(seq 3000); do
  if curl -fsS "http://localhost:$port/healthz" >/dev/null 2>&1; then echo "unit answers"; break; fi
  sleep 0.1
done
kill -TERM $pid
wait $pid && echo "unit stopped" || cat /tmp/serve.log

dpkg -r sen >/tmp/dpkg.log 2>&1
[ -e /usr/bin/sen ] || echo "removed"
dpkg -P sen >/tmp/dpkg.log 2>&1
[ -e /var/lib/sen/nation/police/data/node.db ] && echo "registers kept"
grep -q 'kept with their registers' /tmp/dpkg.log && echo "said so"
