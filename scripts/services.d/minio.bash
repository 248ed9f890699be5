# minio: MinIO, built from its Go module.
# Some variables are set or used in the other files, hence:
# shellcheck shell=bash disable=SC2034,SC2154

minio_version=v0.0.0-20260212201848-7aac2a2c5b7c

available_minio() { s3_available_go minio; }
prepare_minio() { s3_build_go minio "github.com/minio/minio@$minio_version"; }

# With PGBACKPIPE_MINIO_TLS=1: a certificate, and an authority of our own.
minio_certify() {
	[[ -n ${PGBACKPIPE_MINIO_TLS-} ]] || return 0
	s3_scheme=https s3_ca=$dir/ca.pem
	mkdir certs
	openssl req -x509 -newkey rsa:2048 -nodes -days 7 -keyout ca.key \
		-subj '/CN=pgbackpipe tests' -out ca.pem
	openssl req -newkey rsa:2048 -nodes -keyout certs/private.key \
		-subj /CN=localhost -out request.pem
	openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key -days 7 \
		-CAcreateserial -out certs/public.crt \
		-extfile <(echo 'subjectAltName=IP:127.0.0.1,DNS:localhost')
}

minio_spawn() {
	local more
	read -ra more <<<"${PGBACKPIPE_MINIO_ENV-}"
	spawn env "${more[@]}" MINIO_ROOT_USER_FILE="$dir/access" \
		MINIO_ROOT_PASSWORD_FILE="$dir/secret" \
		MINIO_SITE_REGION="$s3_region" MINIO_BROWSER=off MINIO_UPDATE=off \
		HOME="$dir" "$s3_tools/minio" server --quiet \
		--certs-dir "$dir/certs" \
		--address "127.0.0.1:$port" "$dir/data"
}

start_minio() {
	local access_key secret_key port
	s3_new_keys
	mkdir data
	echo "$access_key" >access
	echo "$secret_key" >secret
	minio_certify
	s3_start_server minio_spawn
	s3_publish
}
