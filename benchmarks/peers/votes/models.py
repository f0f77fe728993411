"""One ballot for each voter of a round."""

from django.db import models


class Ballot(models.Model):
    """What a session voted."""

    round = models.CharField(max_length=12)
    voter = models.CharField(max_length=40)
    marks = models.JSONField()
    cast_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "votes"
        constraints = (models.UniqueConstraint(fields=["round", "voter"], name="one_ballot"),)
