#include "signals.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

int
signals_open(bool children)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	if (children)
		sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

Order
signals_read(int descriptor)
{
	struct signalfd_siginfo info;

	if (read(descriptor, &info, sizeof info) != sizeof info)
		return ORDER_NONE;
	switch (info.ssi_signo) {
	case SIGCHLD:
		return ORDER_REAP;
	case SIGUSR1:
		return ORDER_RELOAD;
	default:
		return ORDER_STOP;
	}
}
