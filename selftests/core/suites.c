// SPDX-License-Identifier: GPL-2.0
/* All suites, from the ground up. */
#include "util.h"

kunit_test_suites(&seq_suite, &seg_suite, &isn_suite, &rtt_suite, &window_suite,
		  &cc_suite, &cwv_suite, &reno_suite, &hystart_suite, &cubic_suite,
		  &loss_suite, &ack_suite, &sack_suite, &score_suite,
		  &tlp_suite, &tune_suite, &undo_suite, &rate_suite, &pacing_suite, &bbr_suite,
		  &ecn_suite, &accecn_suite, &dctcp_suite,
		  &reasm_suite, &input_suite, &output_suite, &timeout_suite,
		  &pmtu_suite, &conn_suite, &embryo_suite, &cookie_suite, &timewait_suite);

MODULE_DESCRIPTION("Unit tests of ATCP's protocol core");
MODULE_LICENSE("GPL");
