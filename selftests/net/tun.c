// SPDX-License-Identifier: GPL-2.0
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/route.h>

#include "sockets.h"
#include "tun.h"

static void set_addr(int fd, const char *dev, unsigned long what,
		     const char *ip)
{
	struct ifreq ifr = { 0 };
	struct sockaddr_in addr = addr_of(ip, 0);

	strncpy(ifr.ifr_name, dev, IFNAMSIZ - 1);
	memcpy(&ifr.ifr_addr, &addr, sizeof(addr));
	REQUIRE_OK(ioctl(fd, what, &ifr));
}

/* A device of this test alone: it goes when the test ends. */
int tun_open(void)
{
	struct ifreq ifr = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC), fd;

	if (tun < 0)
		harness_skip("no /dev/net/tun");
	REQUIRE_OK(ioctl(tun, TUNSETIFF, &ifr));
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	set_addr(fd, ifr.ifr_name, SIOCSIFADDR, TUN_HOST);
	set_addr(fd, ifr.ifr_name, SIOCSIFNETMASK, "255.255.255.0");
	ifr.ifr_flags = IFF_UP | IFF_RUNNING | IFF_NOARP;
	REQUIRE_OK(ioctl(fd, SIOCSIFFLAGS, &ifr));
	close(fd);
	return tun;
}

void tun_set_mtu(int tun, int mtu)
{
	struct ifreq ifr = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	REQUIRE_OK(ioctl(tun, TUNGETIFF, &ifr));
	ifr.ifr_mtu = mtu;
	REQUIRE_OK(ioctl(fd, SIOCSIFMTU, &ifr));
	close(fd);
}

/* A route to the peer whose segments shall be made for that MTU: its "advmss". */
void tun_route_mtu(int tun, int mtu)
{
	struct sockaddr_in peer = addr_of(TUN_PEER, 0);
	struct ifreq ifr = { 0 };
	struct rtentry route = {
		.rt_flags = RTF_UP | RTF_HOST | RTF_MTU,
		.rt_mtu = (unsigned long)mtu,
		.rt_dev = ifr.ifr_name,
	};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	memcpy(&route.rt_dst, &peer, sizeof(peer));
	REQUIRE_OK(ioctl(tun, TUNGETIFF, &ifr));
	REQUIRE_OK(ioctl(fd, SIOCADDRT, &route));
	close(fd);
}
