#!/bin/sh
# ranks.py over N "hosts" of one machine: network namespaces joined by a bridge, so that ranks on different ones reach
# each other by TCP alone. For root. ranks_hosts.sh N HOTGRID MAKE_POINTS FOLDER [options of ranks.py]
set -eu
hosts=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
net=10.77.0

down() {
    for k in $(seq "$hosts"); do ip netns del "hotgrid$k" 2>/dev/null || true; done
    ip link del hotgrid0 2>/dev/null || true
    rm -rf "$scratch"
}
trap down EXIT

ip link add hotgrid0 type bridge
ip addr add "$net.254/24" dev hotgrid0
ip link set hotgrid0 up
list=""
for k in $(seq "$hosts"); do
    ip netns add "hotgrid$k"
    ip link add "hotgridv$k" type veth peer name eth0 netns "hotgrid$k"
    ip link set "hotgridv$k" master hotgrid0 up
    ip -n "hotgrid$k" addr add "$net.$k/24" dev eth0
    ip -n "hotgrid$k" link set eth0 up
    ip -n "hotgrid$k" link set lo up
    mkdir "$scratch/$k"
    list="$list${list:+,}$net.$k"
done

# What mpirun takes for ssh: AGENT HOST COMMAND…
cat >"$scratch/agent" <<AGENT
#!/bin/sh
k=\${1##*.}
shift
TMPDIR=$scratch/\$k exec ip netns exec "hotgrid\$k" sh -c "\$*"
AGENT
chmod +x "$scratch/agent"
/usr/bin/python3 "$here/ranks.py" "$@" --hosts "$list" --agent "$scratch/agent" --network "$net.0/24"
for k in $(seq "$hosts"); do
    echo "bytes that left host $k in all runs: $(cat "/sys/class/net/hotgridv$k/statistics/rx_bytes")"
done
