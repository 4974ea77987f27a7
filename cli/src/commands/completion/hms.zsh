#compdef hms
_hms() {
    local -a found
    local value help
    while IFS=$'\t' read -r value help; do
        found+=("${value//:/\\:}:$help")
    done < <(hms --quiet __complete -- "${(@)words[1,CURRENT]}" 2>/dev/null)
    if (( ${#found} )); then
        _describe hms found
    else
        _files
    fi
}
if [ "$funcstack[1]" = "_hms" ]; then
    _hms "$@"
else
    compdef _hms hms
fi
