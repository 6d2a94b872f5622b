#include "signals.h"

#include <glib.h>
#include <signal.h>
#include <unistd.h>

static void
test_orders(void)
{
	static const struct {
		int number;
		Order order;
	} rows[] = {
		{ SIGTERM, ORDER_STOP },
		{ SIGINT, ORDER_STOP },
		{ SIGHUP, ORDER_STOP },
		{ SIGUSR1, ORDER_RELOAD },
		{ SIGCHLD, ORDER_REAP },
	};
	int signals = signals_open(true);

	g_assert_cmpint(signals_read(signals), ==, ORDER_NONE);
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		kill(getpid(), rows[i].number);
		g_assert_cmpint(signals_read(signals), ==, rows[i].order);
		g_assert_cmpint(signals_read(signals), ==, ORDER_NONE);
	}
	close(signals);
}

/* A client that has gone must not end the service. */
static void
test_pipe(void)
{
	int ends[2], signals = signals_open(false);

	g_assert_cmpint(pipe(ends), ==, 0);
	close(ends[0]);
	g_assert_cmpint((int)write(ends[1], "x", 1), ==, -1);
	close(ends[1]);
	close(signals);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/signals/orders", test_orders);
	g_test_add_func("/signals/pipe", test_pipe);
	return g_test_run();
}
