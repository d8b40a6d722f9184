#!/bin/sh
exec heal run --startup --service shop -- python3 service.py
