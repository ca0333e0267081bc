"""Whoever looks at the sidebar sees where she is."""

from django.contrib import admin
from django.contrib.auth.models import User


def test_each_page_of_the_sidebar_marks_itself_alone(rf, db):
    request = rf.get("/")
    request.user = User.objects.create_superuser("awa")

    def marked(path):
        request.path = request.path_info = path
        return [
            (str(item["title"]), str(item["link"]))
            for group in admin.site.get_sidebar_list(request)
            for item in group["items"]
            if item["active"]
        ]

    links = [
        str(item["link"])
        for group in admin.site.get_sidebar_list(request)
        for item in group["items"]
    ]

    assert {link: [at for _, at in marked(link)] for link in links} == {
        link: [link] for link in links
    }
