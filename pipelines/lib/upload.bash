# upload.bash: settings that say how objects are kept, as options of s3-put. A
# directory has none of this: s3-put refuses them for a backup there. (What
# reading needs, too, is in the environment: AWS_SSE_CUSTOMER_KEY_FILE,
# AWS_REQUEST_PAYER.)
# shellcheck shell=bash

# set_upload_options: kept_options for all that is put, lock_options for a backup
# and its manifest, large_options for what is large.
set_upload_options() {
	local tag IFS=$' \t\n,'
	local -a tags
	kept_options=(${BACKUP_SSE:+"--sse=$BACKUP_SSE"}
		${BACKUP_SSE_KMS_KEY_ID:+"--sse-kms-key-id=$BACKUP_SSE_KMS_KEY_ID"}
		${BACKUP_ACL:+"--acl=$BACKUP_ACL"})
	read -r -d '' -a tags <<<"${BACKUP_TAGS-}" || :
	for tag in "${tags[@]}"; do
		kept_options+=("--tag=$tag")
	done
	lock_options=(
		${BACKUP_OBJECT_LOCK_MODE:+"--object-lock-mode=$BACKUP_OBJECT_LOCK_MODE"}
		${BACKUP_OBJECT_LOCK_UNTIL:+"--object-lock-until=$BACKUP_OBJECT_LOCK_UNTIL"})
	[[ ${BACKUP_LEGAL_HOLD:-false} != true ]] || lock_options+=(--legal-hold)
	large_options=(
		${BACKUP_STORAGE_CLASS:+"--storage-class=$BACKUP_STORAGE_CLASS"}
		${BACKUP_PART_SIZE:+"--part-size=$BACKUP_PART_SIZE"}
		${BACKUP_PARTS_IN_FLIGHT:+"--parts-in-flight=$BACKUP_PARTS_IN_FLIGHT"}
		${BACKUP_BANDWIDTH:+"--bandwidth=$BACKUP_BANDWIDTH"})
	reading_options=(${BACKUP_BANDWIDTH:+"--bandwidth=$BACKUP_BANDWIDTH"})
}

# set_kept URL: kept_options for that place into kept.
set_kept() {
	kept=()
	[[ $1 != s3://* ]] || kept=("${kept_options[@]}")
}
