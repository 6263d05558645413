"""What people do on social networks, in a shape that tools which collect posts can send."""

from typing import Final

from qualification.rules.playbook.known_senders.known_sender import KnownSender

_HANDLE: Final = "replace(handle || author.handle || username || author.username, '@', '')"
_OWN_WORDS: Final = "['post', 'comment', 'mention', 'message']"
_NETWORK: Final = "lower(network || platform)"

# One post: {network, handle, name, action, text, url, id, at}; docs/intake.md describes it. A person is known by the
# network and their handle there, until an address or a profile joins it to somebody.
SOCIAL: Final = KnownSender(
    lead={
        "id": f"{_NETWORK} && ({_HANDLE}) && join(':', [{_NETWORK}, lower({_HANDLE})])",
        "email": "email || author.email",
        "name": f"name || author.name || ({_HANDLE})",
        "company": "company || author.company",
        "website": "website || author.website",
        "title": "title || author.title",
        # What they wrote themselves; a share has the words of somebody else.
        "problem": {
            "if": "contains(['post', 'comment', 'mention', 'message'], lower(action || 'post'))",
            "then": "text",
        },
        "fields": {
            "network": "network || platform",
            "handle": f"({_HANDLE}) && join('', ['@', {_HANDLE}])",
            "profile": "profile || author.url",
            "post": "url || link",
        },
    },
    activity={
        "kind": {
            "from": "action || 'post'",
            "as": {
                "post": "social-comment",
                "comment": "social-comment",
                "mention": "social-comment",
                "message": "social-comment",
                "share": "social-share",
                "repost": "social-share",
                "follow": "social-follow",
                "like": None,
            },
        },
        "id": "id && words(network || platform, action || 'post', id)",
        "at": "at || created_at",
        "what": "url || link || text",
    },
)
