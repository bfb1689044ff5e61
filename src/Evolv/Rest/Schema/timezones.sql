-- What "set timezone" takes.
select name
from pg_timezone_names
