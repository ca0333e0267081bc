-- The platform's two roles and its database, made once, by a superuser:
--   OWNER_PASSWORD=… RUNTIME_PASSWORD=… psql --file docker/postgres_roles.sql
-- `lomi` owns the tables, for `manage.py migrate` alone. `lomi_runtime` is every process; migrate
-- grants it what config/database_privileges.py says.
\set ON_ERROR_STOP 1
\getenv owner_password OWNER_PASSWORD
\getenv runtime_password RUNTIME_PASSWORD
CREATE ROLE lomi LOGIN PASSWORD :'owner_password';
CREATE ROLE lomi_runtime LOGIN PASSWORD :'runtime_password';
CREATE DATABASE lomi OWNER lomi;
