"""A desktop's notification server (org.freedesktop.Notifications 1.2) on the session bus of this test: keeps each note as a line
of JSON in notes.jsonl of the given directory. With a second argument it refuses all of them, in those words."""

import json
import sys

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

FOLDER, REFUSED = sys.argv[1], sys.argv[2:]
NAME = "org.freedesktop.Notifications"


class Notifications(dbus.service.Object):
    @dbus.service.method(NAME, in_signature="", out_signature="ssss")
    def GetServerInformation(self):
        return ("heal's test", "heal", "1", "1.2")

    @dbus.service.method(NAME, in_signature="", out_signature="as")
    def GetCapabilities(self):
        return ["body", "body-markup"]

    @dbus.service.method(NAME, in_signature="susssasa{sv}i", out_signature="u")
    def Notify(self, app, _replaces, _icon, summary, body, _actions, hints, _timeout):
        if REFUSED:
            raise dbus.exceptions.DBusException(REFUSED[0], name=NAME + ".Refused")
        note = {"app": str(app), "summary": str(summary), "body": str(body), "urgency": int(hints.get("urgency", 1))}
        with open(FOLDER + "/notes.jsonl", "a", encoding="utf-8") as notes:
            notes.write(json.dumps(note) + "\n")
        return 1


dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
bus = dbus.SessionBus()
owned = dbus.service.BusName(NAME, bus, do_not_queue=True)
server = Notifications(bus, "/org/freedesktop/Notifications")
print("ready", flush=True)
GLib.MainLoop().run()
