#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# weight: 200
#
# children_strongswan_test.sh with two pairs of subnets and eight pairs of hosts.
KINDS="subnets hosts"
. "$(dirname "$0")/children_strongswan_test.sh"
