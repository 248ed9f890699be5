# versitygw: Versity S3 Gateway over a plain directory, built from its Go
# module. What it knows of an object is in extended attributes, or, where the
# file system has none, in a directory beside.
# Some variables are set or used in the other files, hence:
# shellcheck shell=bash disable=SC2034,SC2154

versitygw_version=v1.8.0

available_versitygw() { s3_available_go versitygw; }
prepare_versitygw() {
	s3_build_go versitygw \
		"github.com/versity/versitygw/cmd/versitygw@$versitygw_version"
}

versitygw_spawn() {
	local meta=()
	if grep -qs 'xattr' "$dir/log"; then # the try before told
		mkdir -p sidecar
		meta=(--sidecar "$dir/sidecar")
	fi
	ROOT_ACCESS_KEY=$access_key ROOT_SECRET_KEY=$secret_key HOME=$dir \
		spawn "$s3_tools/versitygw" --quiet --keep-alive \
		--port "127.0.0.1:$port" --region "$s3_region" \
		posix "${meta[@]}" --versioning-dir "$dir/versions" "$dir/data"
}

start_versitygw() {
	local access_key secret_key port
	s3_new_keys
	mkdir data versions
	s3_start_server versitygw_spawn
	s3_publish
}
