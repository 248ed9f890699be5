# rgw: Ceph's S3 gateway over the smallest cluster there is: one monitor, one
# OSD that keeps everything in memory, one copy.
# Some variables are set or used in the other files, hence:
# shellcheck shell=bash disable=SC2034,SC2154

rgw_ready_wait=60      # seconds
rgw_bytes=$((8 << 30)) # memory is taken only as objects come

available_rgw() {
	local program
	for program in radosgw radosgw-admin ceph-mon ceph-osd ceph jq; do
		if ! command -v "$program" >/dev/null; then
			echo "there is no $program: run scripts/setup s3"
			return 1
		fi
	done
	command -v radosgw
}

prepare_rgw() { :; }

rgw_configure() { # MONITOR-PORT
	cat >ceph.conf <<-END
		[global]
		fsid = $fsid
		mon host = v2:127.0.0.1:$1
		keyring = $dir/keyring
		public addr = 127.0.0.1
		cluster addr = 127.0.0.1
		ms bind msgr1 = false
		admin socket =
		run dir = $dir
		crash dir = $dir
		log file =
		log to stderr = true
		debug rocksdb = 0/0
		debug mon = 0/0
		mon cluster log file =
		mon data = $dir/mon
		mon data avail crit = 0
		paxos propose interval = 0.05
		mon allow pool size one = true
		mon max pg per osd = 1000
		osd data = $dir/osd
		osd objectstore = memstore
		memstore device bytes = $rgw_bytes
		osd pool default size = 1
		osd pool default min size = 1
		osd pool default pg num = 4
		osd pool default pg autoscale mode = off
		osd crush chooseleaf type = 0
		client mount timeout = 30
		rgw data = $dir/rgw
		rgw dns name = localhost
		rgw thread pool size = 64
	END
}

rgw_ceph() {
	ceph -c "$dir/ceph.conf" --connect-timeout 30 "$@"
}

rgw_mon_answers() {
	rgw_ceph --connect-timeout 2 mon stat >/dev/null 2>&1
}

rgw_keyring() {
	ceph-authtool --create-keyring keyring --gen-key -n mon. --cap mon 'allow *'
	ceph-authtool keyring --gen-key -n client.admin --cap mon 'allow *' \
		--cap osd 'allow *' --cap mgr 'allow *'
	ceph-authtool keyring --gen-key -n osd.0 --cap mon 'allow profile osd' \
		--cap osd 'allow *'
}

rgw_start_mon() {
	local try st
	for try in {1..10}; do
		free_port
		rgw_configure "$REPLY"
		rm -rf mon monmap
		mkdir mon
		monmaptool --create --fsid "$fsid" --addv a "[v2:127.0.0.1:$REPLY]" \
			monmap
		ceph-mon -c ceph.conf -i a --mkfs --monmap monmap --keyring keyring
		spawn ceph-mon -c "$dir/ceph.conf" -i a -f
		st=0
		wait_until "$rgw_ready_wait" "$REPLY" rgw_mon_answers || st=$?
		((st)) || return 0
		((st == 1 && try < 10)) || fatal 111 "the monitor does not start"
		forget_server
	done
}

rgw_start_osd() {
	local osd
	osd=$(</proc/sys/kernel/random/uuid)
	mkdir osd
	rgw_ceph osd new "$osd"
	ceph-osd -c ceph.conf -i 0 --mkfs --osd-uuid "$osd"
	spawn ceph-osd -c "$dir/ceph.conf" -i 0 -f
}

rgw_spawn() {
	spawn radosgw -c "$dir/ceph.conf" -n client.admin -f \
		--rgw-frontends "beast endpoint=127.0.0.1:$port"
}

start_rgw() {
	local access_key secret_key port fsid user
	fsid=$(</proc/sys/kernel/random/uuid)
	rgw_keyring
	rgw_start_mon
	rgw_start_osd
	user=$(radosgw-admin -c ceph.conf user create --uid=pgbackpipe \
		--display-name=pgbackpipe 2>>"$dir/log")
	access_key=$(jq -r '.keys[0].access_key' <<<"$user")
	secret_key=$(jq -r '.keys[0].secret_key' <<<"$user")
	stop_signal=KILL # all is in memory
	s3_start_server rgw_spawn
	s3_publish
}
