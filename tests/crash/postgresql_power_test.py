#!/usr/bin/env python3
"""What tests/crash/power_test.py does, with a real PostgreSQL 15 whose files lie on the same disk as the probe's.

The server is killed with the power, recovers from its own log on the disk that is left, and then ignite does. Its variables
are those of power_test.py.
"""

import pathlib
import sys

import power_test
from postgresql_parts import PostgresqlDatabases

IMAGES_FOR_ONE = 10  # A disk with PostgreSQL for so many without.


class PostgresqlPowerCutTest(power_test.PowerCase):
    @classmethod
    def make_databases(cls):
        databases = PostgresqlDatabases("-c fsync=on")
        cls.addClassCleanup(databases.end)
        return databases

    def test_power_cuts_of_postgresql(self):
        self.cut_the_power_of_data("postgresql", power_test.IMAGES // IMAGES_FOR_ONE)


if __name__ == "__main__":
    if not pathlib.Path("/usr/lib/postgresql/15/bin/initdb").exists():
        print("skipped: this needs PostgreSQL 15")
        sys.exit(77)
    power_test.main()
