//! `daybreak provision` with a network of the cluster's own, against moto.

use crate::provision::{Ground, ROLES, changed, texts};

/// The VPC and its subnets come with the cluster, are held against the plan, and go with it; what else is in the region stays.
#[tokio::test(flavor = "multi_thread")]
async fn a_network_of_its_own_comes_and_goes_with_it() {
    let Some(ground) = Ground::lay().await else {
        return;
    };
    let plan = ground.with_own_network(&ground.plan("shop", "deletion_protection = false", &ROLES));
    let beyond = plan.replace("eu-central-1b", "eu-central-1x");
    let said = ground.refused("shop", &beyond, &["apply"]).await;
    assert!(
        said.contains("eu-central-1x") && said.contains("eu-central-1b"),
        "{said}"
    );
    let both = plan.replace("create =", &format!("vpc = \"{}\"\ncreate =", ground.vpc));
    let said = ground.refused("shop", &both, &["apply"]).await;
    assert!(said.contains("`cluster.network.create`"), "{said}");
    let met = plan.replace("10.40.0.0/16", "192.168.0.0/16");
    let said = ground.refused("shop", &met, &["apply"]).await;
    assert!(said.contains("192.168.7.0/24"), "{said}");
    assert!(ground.aws.changes().is_empty(), "nothing was made");

    ground.json("shop", &plan, &["apply"], 0).await;
    assert_eq!(ground.json("shop", &plan, &["drift"], 0).await["changes"], 0);
    let mark = [
        ("Filter.1.Name", "tag:daybreak:cluster"),
        ("Filter.1.Value.1", "shop"),
    ];
    let vpc = ground
        .ask("ec2", &[&[("Action", "DescribeVpcs")], &mark[..]].concat())
        .await;
    let vpc = texts(&vpc, "vpcId").remove(0);
    let subnets = ground
        .ask("ec2", &[&[("Action", "DescribeSubnets")], &mark[..]].concat())
        .await;
    let mut networks = texts(&subnets, "cidrBlock");
    networks.sort();
    assert_eq!(networks, ["10.40.0.0/20", "10.40.16.0/20"]);
    let mut ids = texts(&subnets, "subnetId");
    ids.sort();
    let group = [
        ("Action", "DescribeDBSubnetGroups"),
        ("DBSubnetGroupName", "shop"),
    ];
    let group = ground.ask("rds", &group).await;
    let mut inside = texts(&group, "SubnetIdentifier");
    inside.sort();
    assert_eq!(inside, ids, "the cluster is in the subnets that were made");
    let groups = [
        ("Action", "DescribeSecurityGroups"),
        ("Filter.1.Name", "group-name"),
        ("Filter.1.Value.1", "shop-db"),
    ];
    assert_eq!(
        texts(&ground.ask("ec2", &groups).await, "vpcId"),
        std::slice::from_ref(&vpc)
    );

    // By hand.
    let off = [
        ("Action", "ModifyVpcAttribute"),
        ("VpcId", &*vpc),
        ("EnableDnsHostnames.Value", "false"),
    ];
    ground.ask("ec2", &off).await;
    let drifted = ground.json("shop", &plan, &["drift"], 3).await;
    assert_eq!(changed(&drifted), ["shop: dns_names"]);
    ground.json("shop", &plan, &["apply"], 0).await;
    assert_eq!(ground.json("shop", &plan, &["drift"], 0).await["changes"], 0);
    // What is fixed is said, and not made anew.
    let moved = plan.replace("10.40.0.0/16", "10.41.0.0/16");
    let said = ground.refused("shop", &moved, &["apply"]).await;
    assert!(said.contains("network"), "{said}");

    // The plan names another VPC by now: what goes is what was made, and nothing else.
    let destroy = ["destroy", "--name", "shop", "--without-snapshot"];
    let elsewhere = ground.plan("shop", "deletion_protection = false", &ROLES);
    ground.json("shop", &elsewhere, &destroy, 0).await;
    assert_eq!(ground.network_of("shop").await, [0, 0]);
    let left = ground.ask("ec2", &[("Action", "DescribeVpcs")]).await;
    assert!(texts(&left, "vpcId").contains(&ground.vpc), "{left}");
}
