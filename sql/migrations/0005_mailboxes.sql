-- Where readers of mailboxes go on.

create table mailbox_folders (
	mailbox text collate "C" not null,
	folder text collate "C" not null,
	uidvalidity bigint not null,
	last_uid bigint not null,
	tried_uids bigint[] not null default '{}',
	tries integer[] not null default '{}',
	changed_at timestamptz not null default now(),
	primary key (mailbox, folder)
);
comment on table mailbox_folders is 'Per folder of a mailbox that retour-fbl reads: up to where it has been read';
comment on column mailbox_folders.mailbox is 'imap:user@host:port, or maildir:host:path; also what the advisory lock of its reader is made of';
comment on column mailbox_folders.uidvalidity is 'RFC 3501 section 2.3.1.1: the UIDs mean nothing under another one; 1 for a Maildir';
comment on column mailbox_folders.last_uid is 'Every message up to this one has been dealt with; 0 for a Maildir';
comment on column mailbox_folders.tried_uids is 'Messages above last_uid that were begun; tries says how often, in the same order';
comment on column mailbox_folders.changed_at is 'When the reader last wrote this row';

grant select, insert, update on mailbox_folders to retour_reader;
grant select on mailbox_folders to retour_support;
