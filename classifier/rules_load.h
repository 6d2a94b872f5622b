#ifndef RETOUR_RULES_LOAD_H
#define RETOUR_RULES_LOAD_H

#include "rule_set.h"
#include "yaml_file.h"

/*
 * Rule files to rules. A file is a list of rules, or a map with the keys provider and contact (what its rules have
 * unless they say otherwise) and rules. One rule:
 *
 *   - id: google.over-quota
 *     provider: [google]
 *     when: { stage: rcpt, code: 552, status: 5.2.2, action: failed, all: [..], any: [..], none: [..], re: ".." }
 *     category: mailbox_full
 *     weak: true         words that alone prove little: low confidence, and an enhanced code that says otherwise wins
 *     list: zen.spamhaus.org
 *     contact: google
 *     note: text
 *     eg:  ["552 5.2.2 .."]     must be won by this rule
 *     not: ["550 5.2.1 .."]     must not
 *
 * Adds the rules of one file; its name is borrowed. ERROR_CONFIG with file:line.
 */
bool rules_read(RuleSet *set, const char *file, unsigned layer, const YamlNode *root, GError **error);

#endif
