#include "disposal.h"

Disposal
disposal_of(Outcome outcome, bool discard, size_t ours, size_t others)
{
	switch (outcome) {
	case OUTCOME_RETRY:
		return DISPOSAL_TEMPFAIL;
	case OUTCOME_RECORDED:
		if (!discard || ours == 0)
			return DISPOSAL_PASS;
		return others == 0 ? DISPOSAL_DISCARD : DISPOSAL_DELETE_OURS;
	case OUTCOME_NOT_A_REPORT:
	case OUTCOME_UNREADABLE:
		return DISPOSAL_PASS;
	}
	return DISPOSAL_PASS;
}
