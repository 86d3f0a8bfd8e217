/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TIMEWAIT_DOCTOR_H
#define TIMEWAIT_DOCTOR_H

/* timewait doctor: what is wrong with the TCP of a host, or (--self) what of timewait works here and why
 * not. Returns the exit code. */
int command_doctor(int argc, char **argv);

#endif
