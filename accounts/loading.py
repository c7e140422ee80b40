"""Loading members from a file."""

from common.loading import Fates, Key, Loader, Moment, Phone, Text, Truth
from common.loading.merge import Target, merge
from common.loading.rounds import one_row_per_key
from common.loading.runs import Chunk


class MemberLoader(Loader):
    """Members by member_no; tiers and accounts are never touched."""

    kind = "members"
    key = "member_no"
    columns = (
        Key("member_no", 32, required=True),
        Text("display_name", 64),
        Phone("phone"),
        Moment("registered_at"),
        Truth("real_name_verified"),
        Text("region", 40),
    )

    def store(self, chunk: Chunk) -> Fates:
        corrected = [c.name for c in self.columns[1:] if c.name in chunk.session.known]
        target = Target(
            table="accounts_member",
            key="member_no",
            columns=["member_no", *corrected],
            corrected=corrected,
            blank_keeps=chunk.session.blank_keeps,
        )
        defaults = {
            "display_name": "''",
            "phone": "''",
            "region": "''",
            "tier": "'normal'",
            "real_name_verified": "false",
        }
        fates = Fates()
        for rows in one_row_per_key(chunk, self.key, fates):
            fates += merge(chunk.cursor, target, rows, defaults)
        return fates
