#include "privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

static bool
fail(const char *what, const char *name, GError **error)
{
	g_set_error(error, RETOUR_ERROR, ERROR_CONFIG, "cannot become %s '%s': %s", what, name, g_strerror(errno));
	return false;
}

static bool
become_group(const char *name, GError **error)
{
	const struct group *group = getgrnam(name);

	if (group == NULL || setgroups(1, &group->gr_gid) < 0
		|| setresgid(group->gr_gid, group->gr_gid, group->gr_gid) < 0)
		return fail("group", name, error);
	return true;
}

static bool
become_user(const char *name, const char *group, GError **error)
{
	const struct passwd *user = getpwnam(name);
	uid_t uid;

	if (user == NULL)
		return fail("user", name, error);
	uid = user->pw_uid;
	if (*group != '\0') {
		if (!become_group(group, error))
			return false;
	} else if (initgroups(name, user->pw_gid) < 0 || setresgid(user->pw_gid, user->pw_gid, user->pw_gid) < 0) {
		return fail("user", name, error);
	}
	return setresuid(uid, uid, uid) == 0 || fail("user", name, error);
}

static bool
is_already(const char *user, const char *group)
{
	const struct passwd *wanted = *user == '\0' ? NULL : getpwnam(user);
	const struct group *wanted_group = *group == '\0' ? NULL : getgrnam(group);

	return geteuid() != 0 && (*user == '\0' || (wanted != NULL && wanted->pw_uid == geteuid()))
	       && (*group == '\0' || (wanted_group != NULL && wanted_group->gr_gid == getegid()));
}

bool
privileges_drop(const char *user, const char *group, GError **error)
{
	if (is_already(user, group))
		return true;
	if (*user != '\0')
		return become_user(user, group, error);
	if (*group != '\0' && !become_group(group, error))
		return false;
	if (geteuid() == 0)
		g_warning("user=root, set 'user' in section 'milter': nothing here needs to be root");
	return true;
}
