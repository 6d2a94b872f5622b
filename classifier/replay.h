#ifndef RETOUR_REPLAY_H
#define RETOUR_REPLAY_H

#include "past.h"
#include "policy.h"

/*
 * What the blacklist would be under a policy: facts in order of time, each applied as the store applies it when it comes in,
 * and at the end compared with what stands. Holds one small record per target and scope that a plan has met. Not thread-safe.
 * Left out: entries that are held for a provider (hold_share), which depends on the traffic of that hour.
 */
typedef struct Replay Replay;

/* policy is borrowed. decides_from: before that, failures count strikes and list nobody. */
Replay *replay_new(const Policy *policy, int64_t decides_from);
void replay_free(Replay *replay);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Replay, replay_free)

/* Before all facts: how a target stands now, and how it stood when the facts begin. held: its entry waits for a person. */
void replay_entry(Replay *replay, const char *target, const char *scope, const PastEntry *now, const PastEntry *before,
	bool held);
void replay_fact(Replay *replay, const PastFact *fact);

typedef enum ReplayChange {
	REPLAY_LISTED,   /* would be in force, and is not */
	REPLAY_RELEASED, /* is in force, and would not be */
	REPLAY_LONGER, /* in force either way; the end moves by two days or more, as the store lets it lag behind by one */
	REPLAY_SHORTER,
	REPLAY_CHANGES
} ReplayChange;

const char *replay_change_name(ReplayChange change);

/* Text is borrowed from the replay. */
typedef struct ReplayDifference {
	ReplayChange change;
	const char *target, *scope;
	Category category; /* of the entry that would be in force, else of the one that is */
	int64_t expires_now, expires_then;
} ReplayDifference;

/* By kind of change, target and scope: GArray of ReplayDifference, owned by the caller. */
GArray *replay_differences(const Replay *replay, int64_t now);

#endif
