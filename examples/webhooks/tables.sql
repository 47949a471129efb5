-- What the receiver and the worker share. It may be run again; nothing is lost.
create schema if not exists kombo_webhooks;

create table if not exists kombo_webhooks.events (
    id text primary key, -- Kombo's; an event that comes again is the same row
    received_at timestamptz not null default now(),
    event jsonb not null, -- without what names a person
    attempts integer not null default 0,
    try_at timestamptz not null default now(),
    done_at timestamptz -- when a run that read what it touches had ended well
);
create index if not exists events_to_do on kombo_webhooks.events (try_at) where done_at is null;

create table if not exists kombo_webhooks.integrations (
    id text primary key,
    created_at timestamptz not null default now(),
    deleted_at timestamptz
);

create table if not exists kombo_webhooks.runs (
    id bigint generated always as identity primary key,
    started_at timestamptz not null,
    ended_at timestamptz not null default now(),
    events integer, -- null in a run that reads everything
    exit_code integer not null
);
