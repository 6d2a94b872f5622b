#include "work.h"

#include <glib.h>
#include <pthread.h>

static void
test_limit(void)
{
	Work *work = work_new(2, NULL);

	g_assert_true(work_enter(work));
	g_assert_true(work_enter(work));
	g_test_expect_message("milter", G_LOG_LEVEL_WARNING, "busy=*");
	g_assert_false(work_enter(work));
	g_assert_false(work_enter(work));
	g_test_assert_expected_messages();
	work_leave(work);
	g_assert_true(work_enter(work));
	work_set_limit(work, 3);
	g_assert_true(work_enter(work));
	work_leave(work);
	work_leave(work);
	work_leave(work);
	work_free(work);
}

static void
test_closed(void)
{
	Work *work = work_new(2, NULL);

	g_assert_true(work_enter(work));
	work_close(work);
	g_assert_false(work_enter(work));
	g_assert_false(work_wait(work, 0));
	work_leave(work);
	g_assert_true(work_wait(work, 0));
	work_free(work);
}

static void *
leave(void *work)
{
	g_usleep(20000);
	work_leave(work);
	return NULL;
}

static void
test_wait(void)
{
	Work *work = work_new(1, NULL);
	pthread_t thread;

	g_assert_true(work_enter(work));
	g_assert_cmpint(pthread_create(&thread, NULL, leave, work), ==, 0);
	g_assert_true(work_wait(work, 60000));
	pthread_join(thread, NULL);
	work_free(work);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/work/limit", test_limit);
	g_test_add_func("/work/closed", test_closed);
	g_test_add_func("/work/wait", test_wait);
	return g_test_run();
}
