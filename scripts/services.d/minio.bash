# minio: MinIO, built from its Go module.
# Some variables are set or used in the other files, hence:
# shellcheck shell=bash disable=SC2034,SC2154

minio_version=v0.0.0-20260212201848-7aac2a2c5b7c

available_minio() { s3_available_go minio; }
prepare_minio() { s3_build_go minio "github.com/minio/minio@$minio_version"; }

minio_spawn() {
	spawn env MINIO_ROOT_USER_FILE="$dir/access" \
		MINIO_ROOT_PASSWORD_FILE="$dir/secret" \
		MINIO_SITE_REGION="$s3_region" MINIO_BROWSER=off MINIO_UPDATE=off \
		HOME="$dir" "$s3_tools/minio" server --quiet \
		--address "127.0.0.1:$port" "$dir/data"
}

start_minio() {
	local access_key secret_key port
	s3_new_keys
	mkdir data
	echo "$access_key" >access
	echo "$secret_key" >secret
	s3_start_server minio_spawn
	s3_publish
}
