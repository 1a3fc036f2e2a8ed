-- The tables as an application would have them, with ids of their own. Ingot fills what its contract names.
create table songs (id serial primary key, artist_name text, title text, year integer, release text, ingestion_time timestamp);
create table movies (id serial primary key, original_title text, original_language text, budget bigint, is_adult boolean,
                     release_date date, original_title_normalized text);
create table apps (id serial primary key, name text, genre text, rating numeric(4,2), version text, size_bytes bigint,
                   is_awesome boolean);
create table app_tags (id serial primary key, app text, pos integer, tag text);
