"""What unfold says and Django's own catalogues do not know, named here for makemessages.

unfold 0.91 comes without translations.
"""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

WORDS = [
    # Models of packages that name them in English alone.
    _("user sessions"),
    _("authenticators"),
    _("Select record"),
    _("Select action"),
    _("Value"),
    _("From"),
    _("To"),
    _("Date from"),
    _("Date to"),
    _("Select format"),
    _("This exporter will export the following fields"),
    _("Select action to run"),
    _(
        "Raw passwords are not stored, so there is no way to see this user’s password, but you can "
        'change the password using <a href="{}" class="text-primary-600 dark:text-primary-500">'
        "this form</a>."
    ),
    _("Select value"),
    _("Run"),
    _("After you've created a user, you’ll be able to edit more user options."),
    _("Expand row"),
    _("Welcome back to"),
    _("Forgotten your password or username?"),
    _("Type to search"),
    _("You have been successfully logged out from the administration"),
    _("No data"),
    _("More actions"),
    _("True"),
    _("False"),
    _("Apply Filters"),
    _("Select all rows"),
    _("Cancel"),
    _("No results found"),
    _("Reset filters"),
    _("Go back"),
    _("Previous"),
    _("Next"),
    _("Search apps and models..."),
    _("General"),
    _("Light"),
    _("Dark"),
    _("System"),
    _("Return to site"),
    _("Choose file to upload"),
    _("Toggle password visibility"),
    _("Date"),
    # Django's French has a typewriter's apostrophe in it.
    _("Designates whether the user can log into this admin site."),
    _(
        "Whether the user will be able to authenticate using a password or not. If disabled, they "
        "may still be able to authenticate using other backends, such as Single Sign-On or LDAP."
    ),
]
