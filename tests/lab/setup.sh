# Sourced by ./run and ./check: installs the packages that are missing and opens a user namespace where Postfix needs one.
# Works before Python is there. Wants $top, the checkout.

setup_say() { printf '%s  %s\n' "$(date +%T)" "$*"; }
setup_die() { printf '%s\n' "$*" >&2; exit 1; }

setup_wanted() { # STAGE...
	local stage package condition
	while read -r stage package condition; do
		case " $* " in *" $stage "*) ;; *) continue ;; esac
		case $condition in
		amd64* | arm64*) [ "${condition%% *}" = "$(dpkg --print-architecture)" ] || continue ;;
		esac
		echo "$package"
	done <"$top/tests/lab/packages"
}

setup_missing() {
	local package
	setup_wanted "$@" | while read -r package; do
		[ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
	done
}

# Debian starts a service as soon as its package is there. Ours run under var/ alone, so for the length of the installation
# policy-rc.d says no; what stood there before is put back, also after a crash, by the next run.
setup_policy=/usr/sbin/policy-rc.d
setup_guard='printf %s "#!/bin/sh
# Retour: no service starts while packages are installed
exit 101
" > $1.retour && chmod 755 $1.retour && { [ ! -e $1 ] || mv -f $1 $1.before-retour; } && mv -f $1.retour $1'
setup_unguard='if grep -q "^# Retour:" $1 2>/dev/null; then rm -f $1; fi; [ ! -e $1.before-retour ] || mv -f $1.before-retour $1'

setup_install() { # STAGE...
	local missing root=
	command -v dpkg-query >/dev/null || setup_die "Debian's package tools are not here; install by hand what tests/lab/packages lists."
	missing=$(setup_missing "$@" | tr '\n' ' ')
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null || setup_die "Missing packages and no sudo. As root: apt-get install --no-install-recommends $missing"
		root=sudo
	fi
	setup_say "installing $missing"
	trap "$root sh -c '$setup_unguard' sh $setup_policy" EXIT
	trap 'exit 130' INT TERM
	$root sh -c "$setup_unguard" sh $setup_policy
	$root sh -c "$setup_guard" sh $setup_policy
	$root env DEBIAN_FRONTEND=noninteractive apt-get update -q </dev/null ||
		setup_say "apt-get update failed; trying with the package lists that are here"
	# --no-remove: postfix would otherwise silently take the place of another mail server
	$root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends --no-remove $missing </dev/null ||
		setup_die "apt-get could not install: $missing"
	$root sh -c "$setup_unguard" sh $setup_policy
	trap - EXIT INT TERM
}

# Postfix wants several users. Root has them; a normal user gets them in a user namespace, where the whole lab then runs.
# SETUP_NO_SERVERS says why there is none.
setup_enter() { # COMMAND...
	if [ "$(id -u)" = 0 ]; then
		exec "$@"
	elif unshare --user --map-root-user --map-auto true 2>/dev/null; then
		exec unshare --user --map-root-user --map-auto -- "$@"
	else
		SETUP_NO_SERVERS="a normal user needs user namespaces and a range in /etc/subuid and /etc/subgid to run Postfix"
		export SETUP_NO_SERVERS
		exec "$@"
	fi
}
