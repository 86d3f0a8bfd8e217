# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The servers of `make bench`: what each is, which parts of the bench it takes part in, and how it is
# started. BUILD and PEERS are the folders with our programs and those of others.
# shellcheck disable=SC2034 # what describe sets is for its callers

# In the order of a round.
SERVERS_ALL=(
	floor classic daytimed daytimed-guarded nginx openbsd-inetd floor-batch classic-batch
	inetutils-inetd xinetd haproxy
	shape-write shape-write-batch shape-more shape-more-batch shape-read shape-read-batch
	shape-shutdown shape-shutdown-batch shape-epoll-one shape-epoll-one-batch
	shape-epoll-all shape-epoll-all-batch
	shape-unsteered shape-unsteered-batch shape-steered shape-steered-batch
	shape-udp-each shape-udp-each-batch shape-udp-many shape-udp-many-batch
)

# The guards of daytimed, every one of them on, with limits that this load never meets: what they cost
# is measured, not what they refuse.
GUARDS=(--rate 1000000 --max-per-source 1000 --max-connections 10000 --udp-min-request 1)

# describe SERVER: sets KIND (floor, classic, ours, peer: the report colours by it), LABEL, PARTS,
# NEEDS (files below PEERS), AT_ONCE (where it cannot take as many as the others) and
# REMARK (on that: for the parts with many at once).
describe()
{
	KIND=peer LABEL=$1 PARTS="tcp saturated latency udp" NEEDS='' AT_ONCE='' REMARK=''
	case $1 in
	# It answers nothing: its connections/s say nothing about a server's.
	floor) KIND=floor PARTS="tcp shapes" ;;
	floor-batch) KIND=floor PARTS="tcp shapes" ;;
	classic) KIND=classic PARTS+=" shapes shapes-saturated shapes-udp" ;;
	classic-batch) KIND=classic PARTS="tcp saturated udp shapes shapes-saturated shapes-udp" ;;
	shape-*) describe_shape "${1#shape-}" ;;
	daytimed) KIND=ours ;;
	daytimed-guarded) KIND=ours LABEL="daytimed, guarded" ;;
	nginx)
		LABEL="nginx stream"
		NEEDS="usr/sbin/nginx usr/lib/nginx/modules/ngx_stream_module.so"
		;;
	openbsd-inetd) NEEDS=usr/sbin/inetd ;;
	inetutils-inetd)
		NEEDS=usr/sbin/inetutils-inetd AT_ONCE=8
		REMARK="8 at once: its backlog is 10, and past that it loses connections"
		;;
	# It throws away the datagrams that wait while it answers one.
	xinetd) NEEDS=usr/sbin/xinetd PARTS="tcp saturated latency" ;;
	haproxy) NEEDS=usr/sbin/haproxy PARTS="tcp saturated latency" ;;
	*) return 1 ;;
	esac
	[[ $1 != *-batch ]] || LABEL=${LABEL%-batch}", SCHED_BATCH"
}

# describe_shape SHAPE: the variants of bench/shapes.c.
describe_shape()
{
	KIND=shape PARTS=shapes
	case ${1%-batch} in
	write) LABEL="line kept; write, close" ;;
	more) LABEL="MSG_MORE, close" PARTS="shapes shapes-saturated" ;;
	read) LABEL="MSG_MORE, recv, close" ;;
	shutdown) LABEL="MSG_MORE, shutdown, recv, close" ;;
	epoll-one) LABEL="the same, epoll, one accept a readiness" ;;
	epoll-all) LABEL="the same, epoll, accept up to 64" ;;
	unsteered) LABEL="a worker a CPU, SO_REUSEPORT" PARTS=shapes-saturated ;;
	steered) LABEL="a worker a CPU, SO_REUSEPORT steered" PARTS=shapes-saturated ;;
	udp-each) LABEL="line kept; recvfrom, sendto" PARTS=shapes-udp ;;
	udp-many) LABEL="line kept; recvmmsg, sendmmsg" PARTS=shapes-udp ;;
	*) return 1 ;;
	esac
}

# servers_of PART [SERVER]...: those of the servers, or of all, that take part in it.
servers_of()
{
	local part=$1 server

	shift
	(($#)) || set -- "${SERVERS_ALL[@]}"
	for server in "$@"; do
		describe "$server"
		[[ " $PARTS " != *" $part "* ]] || echo "$server"
	done
}

# peer PROGRAM ARG...: becomes a program of PEERS, with the libraries beside it.
peer()
{
	local libraries program=$PEERS/$1

	shift
	libraries=$(find "$PEERS" -name '*.so.*' -printf '%h\n' | sort -u | paste -sd:)
	LD_LIBRARY_PATH=$libraries exec "$program" "$@"
}

inetd_line()
{
	if [[ $1 == udp ]]; then
		echo 'daytime dgram udp wait root internal'
	else
		echo 'daytime stream tcp nowait root internal'
	fi
}

xinetd_configuration()
{
	cat <<-'END'
		defaults
		{
			instances = UNLIMITED
			per_source = UNLIMITED
			cps = 1000000000 1
		}
		service daytime
		{
			type = INTERNAL
			id = daytime-stream
			socket_type = stream
			protocol = tcp
			wait = no
			user = root
		}
	END
}

# nginx_configuration PROTOCOL WORKERS
nginx_configuration()
{
	local listen="13 reuseport backlog=1024"

	[[ $1 != udp ]] || listen="13 udp reuseport"
	cat <<-END
		load_module $PEERS/usr/lib/nginx/modules/ngx_stream_module.so;
		daemon off;
		user root;
		worker_processes $2;
		pid nginx.pid;
		error_log stderr;
		events { worker_connections 4096; }
		stream {
			access_log off;
			server { listen $listen; return "\$time_local\\n"; }
		}
	END
}

# haproxy_configuration THREADS
haproxy_configuration()
{
	cat <<-END
		global
			maxconn 4000
			nbthread $1
			lua-load daytime.lua
		defaults
			mode tcp
			timeout connect 5s
			timeout client 5s
			timeout server 5s
		frontend daytime
			bind :13
			tcp-request content use-service lua.daytime
	END
}

haproxy_service()
{
	cat <<-'END'
		core.register_service("daytime", "tcp", function(applet)
			applet:send(os.date("%a %b %e %H:%M:%S %Y\r\n"))
		end)
	END
}

# become SERVER PROTOCOL CPUS: the server itself, on port 13, with a worker a CPU where it knows workers;
# what it reads is written into the current folder. One called NAME-batch is NAME under SCHED_BATCH.
become()
{
	local server=${1%-batch} protocol=$2 cpus=$3 batch=() udp=()

	[[ $1 != *-batch ]] || batch=(chrt -b 0)
	[[ $protocol != udp ]] || udp=(-u)
	case $server in
	floor) exec "${batch[@]}" "$BUILD/bench/floor" 13 ;;
	classic) exec "${batch[@]}" "$BUILD/bench/classic" "${udp[@]}" 13 ;;
	shape-*) exec "${batch[@]}" "$BUILD/bench/shapes" "${server#shape-}" 13 ;;
	daytimed) exec "$BUILD/daytimed" 13 ;;
	daytimed-guarded) exec "$BUILD/daytimed" "${GUARDS[@]}" 13 ;;
	nginx)
		nginx_configuration "$protocol" "$cpus" >nginx.conf
		peer usr/sbin/nginx -p "$PWD" -c nginx.conf -e stderr
		;;
	openbsd-inetd)
		inetd_line "$protocol" >inetd.conf
		peer usr/sbin/inetd -i -R 100000000 inetd.conf
		;;
	inetutils-inetd)
		inetd_line "$protocol" >inetd.conf
		peer usr/sbin/inetutils-inetd --pidfile="$PWD/pid" -R 100000000 "$PWD/inetd.conf"
		;;
	xinetd)
		xinetd_configuration >xinetd.conf
		peer usr/sbin/xinetd -dontfork -f xinetd.conf -pidfile "$PWD/pid" -filelog /dev/null
		;;
	haproxy)
		haproxy_configuration "$cpus" >haproxy.cfg
		haproxy_service >daytime.lua
		peer usr/sbin/haproxy -db -q -f haproxy.cfg
		;;
	esac
}
