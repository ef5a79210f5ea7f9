from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calendars.kit.search.fields import SearchText
from calendars.kit.tokens import MAX_TOKEN_LENGTH, make_token
from calendars.kit.validators import validate_instant, validate_lines, validate_plain_text
from calendars.models import Calendar, Owner


class Status(models.TextChoices):
    ACTIVE = "active", _("Active")
    USED = "used", _("Used")
    EXPIRED = "expired", _("Expired")
    REVOKED = "revoked", _("Revoked")


class OneTimeLinkQuerySet(models.QuerySet["OneTimeLink"]):
    """Predicates by the same rules as `OneTimeLink.status`; a test compares the two.

    `booking` is the reverse side of the booking's one-to-one field.
    """

    def of(self, owner: Owner) -> Self:
        return self.filter(calendar__owner=owner, calendar__deleted_at=None)

    def noted(self, text: str) -> Self:
        """Return the links whose note contains `text`, folded."""
        # The index does not hold links without a note, so the query must exclude them to use it.
        return self.filter(search_text__mentions=text).exclude(note="")

    def revoked_around(self, instant: datetime, *, within: timedelta) -> Self:
        return self.revoked().filter(revoked_at__range=(instant - within, instant + within))

    def used(self) -> Self:
        return self.filter(booking__isnull=False)

    def unused(self) -> Self:
        # The condition is on the joined column, because PostgreSQL can estimate its matches. With
        # `booking__isnull=True` it expects none, and reads all bookings.
        return self.filter(booking__one_time_link__isnull=True)

    def revoked(self) -> Self:
        return self.unused().filter(revoked_at__isnull=False)

    def expired(self, *, at: datetime) -> Self:
        return self.unused().filter(revoked_at=None, expires_at__lte=at)

    def active(self, *, at: datetime) -> Self:
        return self.unused().filter(Q(expires_at=None) | Q(expires_at__gt=at), revoked_at=None)

    def of_status(self, status: str, *, at: datetime) -> Self:
        match Status(status):
            case Status.ACTIVE:
                return self.active(at=at)
            case Status.USED:
                return self.used()
            case Status.EXPIRED:
                return self.expired(at=at)
            case Status.REVOKED:
                return self.revoked()

    def active_or_used(self, *, at: datetime) -> Self:
        return self.filter(
            Q(booking__isnull=False) | Q(Q(expires_at=None) | Q(expires_at__gt=at), revoked_at=None)
        )


class OneTimeLink(models.Model):
    """A private, single-use address of a calendar's booking page."""

    calendar = models.ForeignKey(
        Calendar,
        on_delete=models.PROTECT,
        related_name="one_time_links",
        # The index of the list begins with this column, and serves for it.
        db_index=False,
        verbose_name=_("calendar"),
    )
    # A constraint makes it unique: with `unique=True` Django adds a second index for LIKE.
    token = models.CharField(
        _("token"), max_length=MAX_TOKEN_LENGTH, default=make_token, editable=False
    )
    note = models.CharField(_("Note"), max_length=200, blank=True, validators=[validate_plain_text])
    search_text = SearchText("note")
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(
        _("Expires At"), null=True, blank=True, validators=[validate_instant]
    )
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True, editable=False)
    # The link that the client could not use, or not any more.
    replaces = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        related_name="replacements",
        null=True,
        blank=True,
        editable=False,
        db_index=False,
        verbose_name=_("in place of"),
    )

    objects = OneTimeLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("one-time link")
        verbose_name_plural = _("one-time links")
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(
                fields=["calendar", "-created_at", "-id"], name="onetimelink_newest_first"
            ),
            # Few links are revoked. This index lets their count and the undo read no others.
            models.Index(
                fields=["calendar", "revoked_at", "id"],
                name="onetimelink_revoked_first",
                condition=Q(revoked_at__isnull=False),
            ),
            models.Index(
                fields=["calendar", "expires_at", "id"],
                name="onetimelink_expire_first",
                condition=Q(revoked_at=None, expires_at__isnull=False),
            ),
            models.Index(
                fields=["replaces"],
                name="onetimelink_replacements",
                condition=Q(replaces__isnull=False),
            ),
            # The index by which the worker finds those few that are not folded.
            models.Index(
                fields=["id"], name="onetimelink_not_folded", condition=Q(search_text=None)
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["token"], name="onetimelink_token"),
            models.CheckConstraint(
                condition=Q(expires_at=None) | Q(expires_at__gt=F("created_at")),
                name="onetimelink_expires_after_creation",
            ),
        ]

    def __str__(self) -> str:
        # The text is in titles and in the admin's log, so it holds no note and no part of a token.
        return _("One-time link %(pk)s") % {"pk": self.pk}

    def get_absolute_url(self) -> str:
        return reverse("booking:one_time_page", args=[self.token])

    @property
    def address(self) -> str:
        """The absolute address, which the owner sends to the client."""
        return settings.BASE_URL + self.get_absolute_url()

    @property
    def short_address(self) -> str:
        """The address shortened so that it can be told from others, but not opened.

        The isolates keep its parts in order within text that is written from right to left.
        """
        return f"\u2066…/l/{self.token[:3]}…{self.token[-2:]}\u2069"

    @property
    def name(self) -> str:
        """The note, or else the short address: how the owner knows the link."""
        return self.note or self.short_address

    @property
    def is_used(self) -> bool:
        """Whether a booking points at the link. Needs a query, unless `booking` was selected."""
        return hasattr(self, "booking")

    def status(self, *, at: datetime) -> Status:
        """Return the status at the instant `at`: the first that holds of Used, Revoked, Expired."""
        if self.is_used:
            return Status.USED
        if self.revoked_at is not None:
            return Status.REVOKED
        if self.expires_at is not None and self.expires_at <= at:
            return Status.EXPIRED
        return Status.ACTIVE


MAX_WORD_LENGTH = 300


class LinkRequestQuerySet(models.QuerySet["LinkRequest"]):
    def of(self, owner: Owner) -> Self:
        return self.filter(link__calendar__owner=owner, link__calendar__deleted_at=None)

    def open(self) -> Self:
        return self.filter(answered_at=None, dismissed_at=None)


class LinkRequest(models.Model):
    """A request of a client whose link does not work any more for a new one."""

    link = models.ForeignKey(
        OneTimeLink, on_delete=models.PROTECT, related_name="requests", verbose_name=_("link")
    )
    client_name = models.CharField(_("name"), max_length=100, validators=[validate_plain_text])
    search_text = SearchText("client_name", "word")
    word = models.TextField(
        _("word"),
        max_length=MAX_WORD_LENGTH,
        blank=True,
        validators=[MaxLengthValidator(MAX_WORD_LENGTH), validate_lines],
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    # The link itself if it works again, or the one that works in its place.
    answer = models.ForeignKey(
        OneTimeLink,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
        verbose_name=_("answer"),
    )
    dismissed_at = models.DateTimeField(_("dismissed at"), null=True, blank=True)

    objects = LinkRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request for a link")
        verbose_name_plural = _("requests for a link")
        ordering = ["created_at", "pk"]
        constraints = [
            # A client who asks ten times has one request.
            models.UniqueConstraint(
                fields=["link"],
                condition=Q(answered_at=None, dismissed_at=None),
                name="linkrequest_one_open",
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None, answer=None)
                | Q(answered_at__isnull=False, answer__isnull=False, dismissed_at=None),
                name="linkrequest_answered_by_a_link",
            ),
        ]

    def __str__(self) -> str:
        return self.client_name
