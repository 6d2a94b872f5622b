#include "subaddress_rules.h"

#include <pthread.h>

#define TRY_US G_USEC_PER_SEC /* between tries while PostgreSQL does not answer */

struct SubaddressCopy {
	Pool *pool;
	pthread_mutex_t lock;
	Subaddressing *set;        /* NULL: never read */
	int64_t read_at, tried_at; /* monotonic; all under lock */
};

SubaddressCopy *
subaddress_copy_new(Pool *pool)
{
	SubaddressCopy *copy = g_new0(SubaddressCopy, 1);

	copy->pool = pool;
	pthread_mutex_init(&copy->lock, NULL);
	return copy;
}

void
subaddress_copy_free(SubaddressCopy *copy)
{
	if (copy == NULL)
		return;
	subaddressing_unref(copy->set);
	pthread_mutex_destroy(&copy->lock);
	g_free(copy);
}

bool
subaddress_copy_refresh(SubaddressCopy *copy, GError **error)
{
	int64_t asked_at = g_get_monotonic_time();
	g_autoptr(Rows) rows = pool_read(copy->pool, &subaddress_rules_ask, NULL, error);
	Subaddressing *old, *set;

	if (rows == NULL)
		return false;
	set = subaddress_rules_read(rows);
	pthread_mutex_lock(&copy->lock);
	old = copy->set;
	copy->set = set;
	copy->read_at = asked_at;
	pthread_mutex_unlock(&copy->lock);
	subaddressing_unref(old);
	return true;
}

/* Under lock. One thread goes and asks; the others go by what is known. */
static bool
is_due(SubaddressCopy *copy, int64_t max_age_ms)
{
	if (copy->set != NULL && max_age_ms == 0)
		return false;
	int64_t now = g_get_monotonic_time();
	bool old = copy->set == NULL || now >= copy->read_at + max_age_ms * 1000;

	if (!old || (copy->tried_at != 0 && now < copy->tried_at + TRY_US))
		return false;
	copy->tried_at = now;
	return true;
}

bool
subaddress_copy_get(SubaddressCopy *copy, int64_t max_age_ms, Subaddressing **ret_set)
{
	pthread_mutex_lock(&copy->lock);
	if (is_due(copy, max_age_ms)) {
		pthread_mutex_unlock(&copy->lock);
		subaddress_copy_refresh(copy, NULL);
		pthread_mutex_lock(&copy->lock);
	}
	bool known = copy->set != NULL;

	*ret_set = known && subaddressing_count(copy->set) > 0 ? subaddressing_ref(copy->set) : NULL;
	pthread_mutex_unlock(&copy->lock);
	return known;
}
