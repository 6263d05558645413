"""Column types as revisions spell them; never changed, for past revisions are made of them: a new type, a new name."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
CHOICE = sa.String(20)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
